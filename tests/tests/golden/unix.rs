//! Unix sockets, and what `golden/unix.json` has of asyncio's.

use crate::datagrams::{Script, of_asyncio};
use crate::{Compared, Golden, Only, Vector, failed, in_readme};
use anyhow::Result;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::os::unix::net::{UnixDatagram, UnixListener};
use switchboard_host::Permissions;
use switchboard_tests::ask::{Answer, Question, ask_in};
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::{Plug, Setting};
use switchboard_tests::datagrams;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::unix_servers::{Folder, UnixReflector, UnixServer};

/// The most bytes of a path.
const LONGEST: usize = 107;

/// What the questions are about.
struct Places {
    folder: Folder,
    tcp: TcpServer,
    _servers: [UnixServer; 2],
    _reflectors: [UnixReflector; 2],
}

impl Places {
    fn open() -> Result<Self> {
        let folder = Folder::new()?;
        std::fs::write(folder.file("file"), "")?;
        std::os::unix::fs::symlink("open", folder.file("link"))?;
        std::os::unix::fs::symlink("loop", folder.file("loop"))?;
        drop(UnixListener::bind(folder.file("dead"))?);
        drop(UnixDatagram::bind(folder.file("stale"))?);
        let (open, echo) = (folder.file("open"), folder.file("echo"));
        Ok(Self {
            tcp: TcpServer::echo("127.0.0.1")?,
            _servers: [UnixServer::echo(&open)?, UnixServer::echo_named(&open)?],
            _reflectors: [
                UnixReflector::start(&echo)?,
                UnixReflector::start_named(&echo)?,
            ],
            folder,
        })
    }

    fn path(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn permissions(&self) -> Permissions {
        let named = |name: &str| self.folder.text(name).into_bytes();
        let mut grants = self.folder.grants();
        for name in ["open", "echo", "missing"] {
            grants = grants.allow_unix_name(named(name));
        }
        for name in ["here", "echo"] {
            grants = grants.allow_unix_bind_name(named(name));
        }
        Permissions::none().connect().look_up().posix(grants)
    }

    /// The question, with real paths.
    fn put(&self, question: &Question, script: Option<&Script>) -> Result<Question> {
        let mut question = question.clone();
        let options = question.as_object_mut().into_iter();
        for options in options {
            options.remove("sends");
            if let Some(script) = script {
                options.insert("script".into(), script.steps());
            }
        }
        let folder = self.path();
        let name = self.folder.path().file_name().unwrap_or_default();
        let long = |length: usize| format!("{:x<length$}", format!("{folder}/"));
        let text = question
            .to_string()
            .replace("{pem}", "/pki/ca.pem")
            .replace("{tcp}", &self.tcp.addr().to_string())
            .replace(&format!("{{{LONGEST}}}"), &long(LONGEST))
            .replace(&format!("{{{}}}", LONGEST + 1), &long(LONGEST + 1))
            .replace("{name}", &name.display().to_string())
            .replace("{dir}", &folder);
        Ok(serde_json::from_str(&text)?)
    }

    /// The other way round.
    fn template(&self, value: &Value) -> Result<Value> {
        let text = value.to_string().replace(&self.path(), "{dir}");
        Ok(serde_json::from_str(&text)?)
    }

    /// What a wrapper in Python would do with this answer.
    fn of_component(&self, answer: &Answer, vector: &Vector, script: &Script) -> Result<Value> {
        let question = &vector.question;
        let ends =
            |local: Option<SocketAddr>, local_path, remote: Option<SocketAddr>, remote_path| {
                let shown = |ip: Option<SocketAddr>, path: Option<String>| {
                    path.or(ip.map(|it| it.ip().to_string()))
                };
                json!({ "local": shown(local, local_path), "remote": shown(remote, remote_path) })
            };
        let compared = match (&answer.failure, &answer.connected) {
            (Some(failure), _) => failed(answer, failure, question)?,
            (None, Some(it)) => json!({ "connected": ends(
                it.local,
                it.local_path.clone(),
                it.remote,
                it.remote_path.clone(),
            )}),
            (None, None) => {
                let it = answer.endpoint()?;
                let mut compared = json!({ "created": ends(
                    it.local,
                    it.local_path,
                    it.remote,
                    it.remote_path,
                )});
                if question.get("sends").is_some() {
                    compared["sends"] = script.read(answer)?;
                }
                compared
            }
        };
        self.template(&compared)
    }
}

/// Whether a question is one about an endpoint.
fn is_endpoint(question: &Question) -> bool {
    question.get("unix").is_none() && question.get("service").is_none()
}

/// The socket that is wrong is shown by each in its own way.
fn without_socket(mut compared: Value) -> Value {
    if let Some(text) = compared["raised"]["text"].as_str()
        && let Some((before, _)) = text.split_once(" was expected, got ")
    {
        compared["raised"]["text"] = json!(format!("{before} was expected, got {{sock}}"));
    }
    compared
}

#[tokio::test]
async fn as_asyncio_does_or_different_for_a_reason() -> Result<()> {
    let golden = Golden::parse(
        include_str!("../../golden/unix.json"),
        include_str!("../../golden/unix_differences.json"),
        Only::WithCapability,
    )?;
    let pki = Pki::new()?;
    let places = Places::open()?;
    let setting = Setting {
        plug: Plug::Posix,
        permissions: places.permissions(),
        directory: Some(places.path()),
        ..Setting::usual(pki.folder())
    };
    let scripts = golden.vectors.iter().map(|it| {
        let expected = golden.here(it).unwrap_or(&it.outcome);
        Script::of(&it.question, expected)
    });
    let scripts = scripts.collect::<Result<Vec<_>>>()?;
    let (mut connections, mut endpoints) = (Vec::new(), Vec::new());
    for (vector, script) in golden.vectors.iter().zip(&scripts) {
        match is_endpoint(&vector.question) {
            true => endpoints.push(places.put(&vector.question, Some(script))?),
            false => connections.push(places.put(&vector.question, None)?),
        }
    }
    let connections = ask_in(&setting, &pki, &connections).await?;
    let endpoints = datagrams::ask_in(&setting, &pki, &endpoints).await?;
    let (mut connections, mut endpoints) = (connections.iter(), endpoints.iter());
    let mut compared = Vec::new();
    for (vector, script) in golden.vectors.iter().zip(&scripts) {
        let answers = match is_endpoint(&vector.question) {
            true => &mut endpoints,
            false => &mut connections,
        };
        let answer = answers.next().ok_or(anyhow::anyhow!("too few answers"))?;
        let here = places.of_component(answer, vector, script)?;
        compared.push(Compared {
            asyncio: of_asyncio(&vector.outcome),
            here: without_socket(here),
        });
    }
    golden.check(&compared)?;
    let (questions, differences) = golden.figures();
    in_readme(&[
        format!("{questions} about Unix sockets"),
        format!("those of Unix sockets, {differences},"),
    ])
}
