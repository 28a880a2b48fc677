//! asyncio's outcomes, recorded from CPython (`golden/`), and those of the component: equal, or different for a reason
//! that `golden/differences.json` gives.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;
use switchboard_tests::ask::{Answer, Question, ask};
use switchboard_tests::certs::Pki;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;

/// Where the ports of the recordings are.
const IPS: [&str; 4] = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"];

/// Ports of services that the recordings found unused.
const UNUSED: [u16; 3] = [70, 80, 443];

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
    /// What it does, by the vector.
    here: BTreeMap<String, Value>,
}

fn vectors() -> Result<Vec<Vector>> {
    let vectors = include_str!("../golden/create_connection.json");
    Ok(serde_json::from_str(vectors)?)
}

fn differences() -> Result<Vec<Difference>> {
    let differences = include_str!("../golden/differences.json");
    Ok(serde_json::from_str(differences)?)
}

/// Servers at the places of the recordings.
struct Places {
    ports: [(&'static str, u16); 3],
    _serving: Vec<TcpServer>,
    _refusing: Vec<Refusing>,
}

impl Places {
    fn open() -> Result<Self> {
        let ips = IPS.map(|ip| ip.parse::<IpAddr>()).into_iter();
        let ips = ips.collect::<Result<Vec<_>, _>>()?;
        let (open, closed, taken) = (
            Place::at_each(&ips)?,
            Place::at_each(&ips)?,
            Place::at_each(&ips)?,
        );
        let port = |places: &[Place]| places.first().map_or(0, |place| place.addr().port());
        Ok(Self {
            ports: [
                ("{open}", port(&open)),
                ("{closed}", port(&closed)),
                ("{taken}", port(&taken)),
            ],
            _serving: open
                .into_iter()
                .chain(taken)
                .map(TcpServer::echo)
                .collect::<Result<_>>()?,
            _refusing: closed
                .into_iter()
                .map(Refusing::start)
                .collect::<Result<_>>()?,
        })
    }

    /// The question, with real ports.
    fn put(&self, mut question: Question) -> Result<Question> {
        for service in services(&mut question) {
            // A placeholder alone is a number, an object a text.
            if let Some(name) = service.get("name") {
                *service = json!(self.filled(name.as_str().context("no name")?));
            } else if let Some(port) = service.as_str().and_then(|it| self.port(it)) {
                *service = json!(port);
            }
        }
        let question = question.to_string().replace("{pem}", "/pki/ca.pem");
        Ok(serde_json::from_str(&self.filled(&question))?)
    }

    fn port(&self, placeholder: &str) -> Option<u16> {
        let mut ports = self.ports.iter();
        Some(ports.find(|(name, _)| *name == placeholder)?.1)
    }

    fn filled(&self, text: &str) -> String {
        let ports = self.ports.iter();
        ports.fold(text.to_owned(), |text, (name, port)| {
            text.replace(name, &port.to_string())
        })
    }

    /// The other way round.
    fn template(&self, value: Value) -> Result<Value> {
        let ports = self.ports.iter();
        let text = ports.fold(value.to_string(), |text, (name, port)| {
            text.replace(&port.to_string(), name)
        });
        Ok(serde_json::from_str(&text)?)
    }
}

/// Where a question holds a service.
fn services(question: &mut Question) -> Vec<&mut Value> {
    let Some(options) = question.as_object_mut() else {
        return Vec::new();
    };
    let mut services = Vec::new();
    for (key, value) in options {
        match (key.as_str(), value) {
            ("service", service) => services.push(service),
            ("local-addresses", Value::Array(locals)) => {
                services.extend(locals.iter_mut().filter_map(|it| it.get_mut("service")));
            }
            _ => {}
        }
    }
    services
}

/// What asyncio did, as far as it is compared.
fn of_asyncio(outcome: &Value) -> Value {
    let mut compared = json!({ "attempts": outcome["attempts"] });
    match &outcome["raised"] {
        Value::Null => {
            compared["connected"] = json!(outcome["connected"]["remote"]);
            if let Some(local) = outcome["connected"].get("local") {
                compared["local"] = local.clone();
            }
        }
        raised => compared["raised"] = exception(raised),
    }
    if let Some(closed) = outcome.get("sock-closed") {
        compared["sock-closed"] = closed.clone();
    }
    compared
}

fn exception(raised: &Value) -> Value {
    let mut compared = json!({ "type": raised["type"], "text": raised["text"] });
    if let Some(group) = raised["exceptions"].as_array() {
        compared["exceptions"] = group.iter().map(exception).collect();
    }
    compared
}

/// What a wrapper in Python would do with this answer.
fn of_component(answer: &Answer, question: &Question) -> Result<Value> {
    let mut compared = json!({ "attempts": answer.tried() });
    match (&answer.failure, &answer.connected) {
        (Some(failure), _) => {
            compared["raised"] = raised(failure, answer.told())?;
            if question.get("sock").is_some() {
                compared["sock-closed"] = json!(!answer.sock_given_back);
            }
        }
        (None, Some(connected)) => {
            compared["connected"] = json!(connected.remote);
            if question.get("local-addresses").is_some() {
                let local = connected.local.context("no local address")?;
                compared["local"] = json!(local.ip());
            }
        }
        (None, None) => anyhow::bail!("neither: {answer:?}"),
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
        "os" => match payload["code"].as_str() {
            Some("connection-refused") => "ConnectionRefusedError",
            Some("connection-reset") => "ConnectionResetError",
            Some("access-denied") => "PermissionError",
            Some("timeout") => "TimeoutError",
            _ => "OSError",
        },
        "all" => "ExceptionGroup",
        "timed-out" => "TimeoutError",
        "tls" => "SSLError",
        other => anyhow::bail!("no exception for {other}"),
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

/// Those of [`UNUSED`] at which a server of this machine listens.
fn used() -> Vec<u16> {
    let listens = |ip: &str, port| {
        let ip: IpAddr = ip.parse().ok()?;
        let limit = Duration::from_millis(200);
        TcpStream::connect_timeout(&SocketAddr::new(ip, port), limit).ok()
    };
    let mut used = UNUSED.to_vec();
    used.retain(|&port| IPS.iter().any(|ip| listens(ip, port).is_some()));
    used
}

/// Whether a vector needs one of these ports to be unused.
fn needs(vector: &Vector, ports: &[u16]) -> bool {
    let mut attempts = vector.outcome["attempts"].as_array().into_iter().flatten();
    attempts.any(|attempt| {
        let attempt = attempt.as_str().unwrap_or_default();
        ports
            .iter()
            .any(|port| attempt.ends_with(&format!(":{port}")))
    })
}

#[tokio::test]
async fn as_asyncio_does_or_different_for_a_reason() -> Result<()> {
    let mut vectors = vectors()?;
    let differences = differences()?;
    let known: BTreeSet<_> = vectors.iter().map(|it| it.id.clone()).collect();
    let used = used();
    vectors.retain(|vector| !needs(vector, &used));
    if vectors.len() < known.len() {
        println!(
            "SKIPPED: {} vectors, as this machine listens on {used:?}",
            known.len() - vectors.len()
        );
    }
    let pki = Pki::new()?;
    let places = Places::open()?;
    let questions = vectors.iter().map(|it| places.put(it.question.clone()));
    let questions = questions.collect::<Result<Vec<_>>>()?;
    let answers = ask(&pki, &questions).await?;

    let mut expected_to_differ = BTreeMap::new();
    for difference in &differences {
        ensure!(!difference.reason.is_empty(), "a difference without reason");
        for (id, here) in &difference.here {
            ensure!(known.contains(id), "there is no vector {id}");
            let twice = expected_to_differ.insert(id.as_str(), here).is_some();
            ensure!(!twice, "{id} has two reasons");
        }
    }
    let (mut equal, mut unexplained) = (0, BTreeMap::new());
    for (vector, answer) in vectors.iter().zip(&answers) {
        let there = of_asyncio(&vector.outcome);
        let here = places.template(of_component(answer, &vector.question)?)?;
        match expected_to_differ.remove(vector.id.as_str()) {
            Some(expected) if *expected == here && here != there => {}
            None if here == there => equal += 1,
            // What is explained must be so, or the file lies.
            _ => {
                unexplained.insert(&vector.id, json!({ "asyncio": there, "here": here }));
            }
        }
    }
    println!(
        "{} vectors: {equal} equal, {} different for {} reasons",
        vectors.len(),
        vectors.len() - equal - unexplained.len(),
        differences.len()
    );
    ensure!(
        unexplained.is_empty(),
        "{} not as told: {}",
        unexplained.len(),
        serde_json::to_string_pretty(&unexplained)?
    );
    let readme = include_str!("../../README.md");
    for figure in [
        format!("for {} questions", known.len()),
        format!(
            "The differences, {},",
            differences.iter().map(|it| it.here.len()).sum::<usize>()
        ),
    ] {
        ensure!(
            readme.contains(&figure),
            "the README does not say {figure:?}"
        );
    }
    Ok(())
}
