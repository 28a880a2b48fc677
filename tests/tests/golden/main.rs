//! asyncio's outcomes, recorded from CPython (`golden/`), and those of the component: equal, or different for a reason
//! that a file beside them gives.

mod connections;
mod datagrams;
mod unix;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use switchboard_host::posix::{PosixCtx, PosixCtxBuilder, SocketOption};
use switchboard_tests::ask::{Answer, Question};
use switchboard_tests::composed::{Plug, Setting};

/// Where the ports of the recordings are.
const IPS: [&str; 4] = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"];

/// A question to asyncio and what it did.
#[derive(Deserialize)]
struct Vector {
    id: String,
    question: Question,
    outcome: Value,
}

/// Vectors for which the component does something else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    reason: String,
    /// With which of the two components, if not with both.
    only: Option<Only>,
    /// What it does, by the vector.
    here: BTreeMap<String, Value>,
}

/// Which component a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Only {
    /// `switchboard.wasm`.
    WasiAlone,
    /// `switchboard-posix.wasm`, with all that it can be granted.
    WithCapability,
}

/// What was recorded of one call, and where the component differs.
struct Golden {
    vectors: Vec<Vector>,
    differences: Vec<Difference>,
    /// How many vectors are not asked.
    skipped: usize,
}

/// What came of a vector.
struct Compared {
    asyncio: Value,
    here: Value,
}

impl Golden {
    /// What holds for this component.
    fn parse(vectors: &str, differences: &str, of: Only) -> Result<Self> {
        let mut golden = Self {
            vectors: serde_json::from_str(vectors)?,
            differences: serde_json::from_str(differences)?,
            skipped: 0,
        };
        golden
            .differences
            .retain(|it| it.only.is_none_or(|only| only == of));
        let mut explained = BTreeMap::new();
        for difference in &golden.differences {
            ensure!(!difference.reason.is_empty(), "a difference without reason");
            for id in difference.here.keys() {
                let known = golden.vectors.iter().any(|it| it.id == *id);
                ensure!(known, "there is no vector {id}");
                let twice = explained.insert(id, &difference.reason).is_some();
                ensure!(!twice, "{id} has two reasons");
            }
        }
        Ok(golden)
    }

    /// How many questions were put to asyncio, and how many of the answers are different here.
    fn figures(&self) -> (usize, usize) {
        let different = self.differences.iter().map(|it| it.here.len());
        (self.vectors.len() + self.skipped, different.sum())
    }

    /// Leaves out those that this is true of, as this machine is not the one that they need.
    fn skip(&mut self, as_this_machine: &str, needed: impl Fn(&Vector) -> bool) {
        let all = self.vectors.len();
        self.vectors.retain(|vector| !needed(vector));
        self.skipped = all - self.vectors.len();
        if self.skipped > 0 {
            let count = self.skipped;
            println!("SKIPPED: {count} vectors, as this machine {as_this_machine}");
        }
    }

    /// What the component is expected to do where it differs.
    fn here(&self, vector: &Vector) -> Option<&Value> {
        let mut differences = self.differences.iter();
        differences.find_map(|it| it.here.get(&vector.id))
    }

    /// That each vector came out as asyncio has it, or as the differences say: what is explained must be so, or the file
    /// lies.
    fn check(&self, compared: &[Compared]) -> Result<()> {
        ensure!(compared.len() == self.vectors.len(), "not all are compared");
        let (mut equal, mut unexplained) = (0, BTreeMap::new());
        for (vector, Compared { asyncio, here }) in self.vectors.iter().zip(compared) {
            match self.here(vector) {
                Some(expected) if expected == here && here != asyncio => {}
                None if here == asyncio => equal += 1,
                _ => {
                    unexplained.insert(&vector.id, json!({ "asyncio": asyncio, "here": here }));
                }
            }
        }
        println!(
            "{} vectors: {equal} equal, {} different for {} reasons",
            self.vectors.len(),
            self.vectors.len() - equal - unexplained.len(),
            self.differences.len()
        );
        ensure!(
            unexplained.is_empty(),
            "{} not as told: {}",
            unexplained.len(),
            serde_json::to_string_pretty(&unexplained)?
        );
        Ok(())
    }
}

/// `switchboard-posix.wasm` with all options of sockets that there are.
fn with_options(folder: &Path) -> Setting<'_> {
    let options = SocketOption::ALL.into_iter();
    let grants = options.fold(PosixCtx::builder(), PosixCtxBuilder::allow_option);
    let usual = Setting::usual(folder);
    Setting {
        plug: Plug::Posix,
        permissions: usual.permissions.clone().posix(grants),
        ..usual
    }
}

/// That the README tells these figures.
fn in_readme(figures: &[String]) -> Result<()> {
    let readme = include_str!("../../../README.md");
    for figure in figures {
        ensure!(
            readme.contains(figure),
            "the README does not say {figure:?}"
        );
    }
    Ok(())
}

/// The ports behind the placeholders of the recordings.
struct Ports(Vec<(&'static str, u16)>);

impl Ports {
    /// Puts the numbers into a service. A placeholder alone is a number, an object a text.
    fn put(&self, service: &mut Value) -> Result<()> {
        if let Some(name) = service.get("name") {
            *service = json!(self.filled(name.as_str().context("no name")?));
        } else if let Some(port) = service.as_str().and_then(|it| self.port(it)) {
            *service = json!(port);
        }
        Ok(())
    }

    fn port(&self, placeholder: &str) -> Option<u16> {
        let mut ports = self.0.iter();
        Some(ports.find(|(name, _)| *name == placeholder)?.1)
    }

    /// Whether this is the number of a placeholder.
    fn has(&self, port: u16) -> bool {
        self.0.iter().any(|(_, number)| *number == port)
    }

    fn filled(&self, text: &str) -> String {
        let ports = self.0.iter();
        ports.fold(text.to_owned(), |text, (name, port)| {
            text.replace(name, &port.to_string())
        })
    }

    /// The other way round.
    fn template(&self, value: &Value) -> Result<Value> {
        let ports = self.0.iter();
        let text = ports.fold(value.to_string(), |text, (name, port)| {
            text.replace(&port.to_string(), name)
        });
        Ok(serde_json::from_str(&text)?)
    }
}

/// An exception of asyncio, as far as it is compared.
fn exception(raised: &Value) -> Value {
    let mut compared = json!({ "type": raised["type"], "text": raised["text"] });
    if let Some(group) = raised["exceptions"].as_array() {
        compared["exceptions"] = group.iter().map(exception).collect();
    }
    compared
}

/// What a wrapper in Python would raise for a call that failed, and whether the caller has the socket of `sock` again.
fn failed(answer: &Answer, failure: &Value, question: &Question) -> Result<Value> {
    let mut compared = json!({ "raised": raised(failure, answer.told())? });
    if question.get("sock").is_some() {
        compared["sock-closed"] = json!(!answer.sock_given_back);
    }
    Ok(compared)
}

/// The exception that a failure is in Python.
fn raised(failure: &Value, message: &str) -> Result<Value> {
    let (case, payload) = failure
        .as_object()
        .and_then(|it| it.iter().next())
        .with_context(|| format!("{failure}"))?;
    let name = match case.as_str() {
        "invalid-argument" | "not-supported" => "ValueError",
        "lookup" => "gaierror",
        // What has several messages has no errno in Python, and so no class of its own.
        "os" if message.starts_with("Multiple exceptions: ") => "OSError",
        // Such numbers are those of `getaddrinfo`, in which Python looks at addresses also when it sends.
        "os" if message.starts_with("[Errno -") => "gaierror",
        "os" => match payload["code"].as_str() {
            Some("connection-refused") => "ConnectionRefusedError",
            Some("connection-reset") => "ConnectionResetError",
            Some("access-denied") => "PermissionError",
            Some("timeout") => "TimeoutError",
            _ => match payload["code"]["other"].as_str() {
                Some("ENOENT") => "FileNotFoundError",
                Some("ENOTDIR") => "NotADirectoryError",
                _ => "OSError",
            },
        },
        "all" => "ExceptionGroup",
        "timed-out" => "TimeoutError",
        "tls" => "SSLError",
        other => bail!("no exception for {other}"),
    };
    let mut raised = json!({ "type": name, "text": message });
    if let Some(group) = payload.as_array() {
        let member = |member: &Value| {
            let text = member["os"]["message"].as_str().unwrap_or_default();
            self::raised(member, text)
        };
        raised["exceptions"] = group.iter().map(member).collect::<Result<_>>()?;
    }
    Ok(raised)
}
