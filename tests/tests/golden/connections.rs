//! `create-connection`, and what `golden/create_connection.json` has of asyncio's.

use crate::{
    Compared, Golden, IPS, Only, Ports, Vector, exception, failed, in_readme, with_options,
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;
use switchboard_tests::ask::{Answer, Question, ask_in};
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::Setting;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;

/// Ports of services that the recordings found unused.
const UNUSED: [u16; 3] = [70, 80, 443];

/// Servers at the places of the recordings.
struct Places {
    ports: Ports,
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
            ports: Ports(vec![
                ("{open}", port(&open)),
                ("{closed}", port(&closed)),
                ("{taken}", port(&taken)),
            ]),
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
            self.ports.put(service)?;
        }
        let question = question.to_string().replace("{pem}", "/pki/ca.pem");
        Ok(serde_json::from_str(&self.ports.filled(&question))?)
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

/// What a wrapper in Python would do with this answer.
fn of_component(answer: &Answer, question: &Question) -> Result<Value> {
    let mut compared = match &answer.failure {
        Some(failure) => failed(answer, failure, question)?,
        None => {
            let connected = answer.connection()?;
            let mut compared = json!({ "connected": connected.remote });
            if question.get("local-addresses").is_some() {
                let local = connected.local.context("no local address")?;
                compared["local"] = json!(local.ip());
            }
            compared
        }
    };
    compared["attempts"] = json!(answer.tried());
    Ok(compared)
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
    let pki = Pki::new()?;
    let golden = compare(&Setting::usual(pki.folder()), &pki, Only::WasiAlone).await?;
    let (questions, differences) = golden.figures();
    in_readme(&[
        format!("for {questions} questions"),
        format!("The differences, {differences},"),
    ])
}

/// On the sockets of the capability it is the same.
#[tokio::test]
async fn and_so_with_the_posix_capability() -> Result<()> {
    let pki = Pki::new()?;
    compare(&with_options(pki.folder()), &pki, Only::WithCapability).await?;
    Ok(())
}

async fn compare(setting: &Setting<'_>, pki: &Pki, of: Only) -> Result<Golden> {
    let mut golden = Golden::parse(
        include_str!("../../golden/create_connection.json"),
        include_str!("../../golden/differences.json"),
        of,
    )?;
    let used = used();
    golden.skip(&format!("listens on {used:?}"), |it| needs(it, &used));
    let places = Places::open()?;
    let questions = golden.vectors.iter();
    let questions = questions.map(|it| places.put(it.question.clone()));
    let questions = questions.collect::<Result<Vec<_>>>()?;
    let answers = ask_in(setting, pki, &questions).await?;
    let compared = golden.vectors.iter().zip(&answers).map(|(vector, answer)| {
        let asyncio = of_asyncio(&vector.outcome);
        let mut here = of_component(answer, &vector.question)?;
        // OpenSSL's texts are not recorded.
        if let (Some(there), Some(here)) = (asyncio.get("raised"), here.get_mut("raised"))
            && there["text"].is_null()
        {
            here["text"] = Value::Null;
        }
        let here = places.ports.template(&here)?;
        Ok(Compared { asyncio, here })
    });
    golden.check(&compared.collect::<Result<Vec<_>>>()?)?;
    Ok(golden)
}
