//! `create-datagram-endpoint`, and what `golden/create_datagram_endpoint.json` has of asyncio's.

use crate::{
    Compared, Golden, IPS, Only, Ports, Vector, exception, failed, in_readme, raised, with_options,
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::net::{SocketAddr, UdpSocket};
use switchboard_tests::ask::{Answer, Question};
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::Setting;
use switchboard_tests::datagrams::{Event, Received, ask_in};
use switchboard_tests::udp::{self, UdpPeer, Vacant};
use tokio::sync::Mutex;

/// The port of a service to which questions bind, which the recordings found unused.
const RADIUS: u16 = 1812;

/// How long an event may take, in seconds.
const SOON: f64 = 20.0;

/// How long is waited for what must not come, in seconds.
const WHILE: f64 = 0.05;

/// More events than there are.
const ALL: usize = 1000;

/// Peers at the places of the recordings.
struct Places {
    ports: Ports,
    _open: Vec<UdpPeer>,
    _bound: Vec<UdpSocket>,
    _vacant: [Vacant; 2],
}

impl Places {
    fn open() -> Result<Self> {
        let open = UdpPeer::echo_at_each(&IPS)?;
        let (closed, taken) = (udp::refusing(&IPS)?, udp::taken(&IPS)?);
        let (free, half) = (Vacant::at_each(&IPS)?, Vacant::at_each(&IPS)?);
        let second = UdpSocket::bind(("::1", half.port()))?;
        let port = |sockets: &[UdpSocket]| -> Result<u16> {
            let first = sockets.first().context("nowhere")?;
            Ok(first.local_addr()?.port())
        };
        Ok(Self {
            ports: Ports(vec![
                ("{open}", open.first().context("nowhere")?.addr().port()),
                ("{closed}", port(&closed)?),
                ("{taken}", port(&taken)?),
                ("{free}", free.port()),
                ("{half}", half.port()),
            ]),
            _open: open,
            _bound: [closed, taken, vec![second]]
                .into_iter()
                .flatten()
                .collect(),
            _vacant: [free, half],
        })
    }

    /// The question, with real ports, and a script that does what it sends.
    fn put(&self, mut question: Question, script: &Script) -> Result<Question> {
        for end in ["local-address", "remote-address"] {
            if let Some(address) = question.get_mut(end) {
                self.ports.put(&mut address["service"])?;
            }
        }
        if let Some(sock) = question["sock"].as_str() {
            question["sock"] = json!(own_socket(sock)?);
        }
        if let Some(options) = question.as_object_mut() {
            options.remove("sends");
            options.insert("script".into(), script.steps());
        }
        Ok(serde_json::from_str(
            &self.ports.filled(&question.to_string()),
        )?)
    }

    /// An address of this side: the system chooses a port for it that is none of the places.
    fn of_this_side(&self, address: SocketAddr) -> String {
        let text = address.to_string();
        let port = address.port();
        if self.ports.has(port) || [0, RADIUS].contains(&port) {
            return text;
        }
        let host = text.strip_suffix(&port.to_string());
        format!("{}{{any}}", host.unwrap_or_default())
    }

    /// What a wrapper in Python would do with this answer.
    fn of_component(&self, answer: &Answer, question: &Question, script: &Script) -> Result<Value> {
        let compared = match &answer.failure {
            Some(failure) => failed(answer, failure, question)?,
            None => {
                let endpoint = answer.endpoint()?;
                let local = endpoint.local.map(|it| self.of_this_side(it));
                let mut compared =
                    json!({ "created": { "local": local, "remote": endpoint.remote } });
                if question.get("sends").is_some() {
                    compared["sends"] = script.read(answer)?;
                }
                compared
            }
        };
        self.ports.template(&compared)
    }
}

/// The application's name for a socket of its own.
fn own_socket(sock: &str) -> Result<String> {
    match sock.split_once(':') {
        Some(("unbound", _)) => Ok(sock.to_owned()),
        Some(("bound", ip)) => Ok(format!("bound:{}", SocketAddr::new(ip.parse()?, 0))),
        Some(_) => Ok(format!("connected:{sock}")),
        None => bail!("{sock} is no socket"),
    }
}

/// What is done to an endpoint, as the steps of the application's script, and what came of it.
pub(crate) struct Script {
    entries: Vec<Entry>,
}

/// An entry of `sends`.
struct Entry {
    /// A call, or a datagram to be sent.
    action: Value,
    /// How to wait for what comes of it.
    waits: Vec<Value>,
    /// Whether the endpoint had been ended before.
    ended: bool,
}

impl Script {
    /// Of a question, and for as many events as it is expected to have.
    pub(crate) fn of(question: &Question, expected: &Value) -> Result<Self> {
        let sends = question["sends"].as_array().into_iter().flatten();
        let (mut entries, mut ended, mut told) = (Vec::new(), false, false);
        for (number, send) in sends.enumerate() {
            let had_ended = ended;
            ended |= send.get("call").is_some();
            let waits = match send["at-once"] == true || told {
                true => Vec::new(),
                // The last event is the end. A wrapper would not ask again.
                false if ended => {
                    told = true;
                    vec![json!({ "until": ALL, "within": SOON })]
                }
                false => {
                    let events = expected["sends"][number]["events"].as_array();
                    let count = events.map_or(0, Vec::len);
                    vec![
                        json!({ "until": count, "within": SOON }),
                        json!({ "until": ALL, "within": WHILE }),
                    ]
                }
            };
            entries.push(Entry {
                action: action(send)?,
                waits,
                ended: had_ended,
            });
        }
        Ok(Self { entries })
    }

    pub(crate) fn steps(&self) -> Value {
        let entries = self.entries.iter();
        let steps = entries.flat_map(|it| [&it.action].into_iter().chain(&it.waits));
        // The next question may need the port.
        steps.cloned().chain([json!("close")]).collect()
    }

    /// What came of each entry, as the recordings tell it.
    pub(crate) fn read(&self, answer: &Answer) -> Result<Value> {
        let mut step = 0;
        let mut sends = Vec::new();
        for entry in &self.entries {
            let mut came = entry.result(answer.result(step)?)?;
            let mut events = Vec::new();
            for wait in 1..=entry.waits.len() {
                events.extend(answer.events(step + wait)?);
            }
            came["events"] = events.iter().map(event).collect::<Result<_>>()?;
            sends.push(came);
            step += 1 + entry.waits.len();
        }
        Ok(json!(sends))
    }
}

impl Entry {
    /// What a wrapper in Python would do. It raises nothing for what is sent after the end, as asyncio does not where its
    /// transport has a peer; but an endpoint has to say that it is closed then, and not before.
    fn result(&self, result: &Value) -> Result<Value> {
        if self.action.is_string() {
            ensure!(result.is_null(), "{}: {result}", self.action);
            return Ok(json!({ "returned": true }));
        }
        Ok(match (result.as_str(), result.get("invalid-argument")) {
            (Some("sent"), _) if !self.ended => json!({ "returned": true }),
            (Some("closed"), _) if self.ended => json!({ "returned": true }),
            (None, Some(text)) => json!({ "raised": { "type": "ValueError", "text": text } }),
            _ => bail!("{}, ended {}: {result}", self.action, self.ended),
        })
    }
}

/// The step of the application's script for an entry.
fn action(send: &Value) -> Result<Value> {
    if let Some(call) = send.get("call") {
        return Ok(call.clone());
    }
    let mut action = json!({ "send": send.get("data").context("no data")? });
    for (name, value) in [("to", send.get("to")), ("flow", send.get("flow-info"))] {
        if let Some(value) = value {
            action[name] = value.clone();
        }
    }
    Ok(action)
}

/// What asyncio would call the protocol for.
fn event(event: &Event) -> Result<Value> {
    Ok(match event {
        Event::Received(received) => {
            let Received {
                size,
                text,
                whole,
                from,
            } = received;
            ensure!(*whole != Some(false), "not what was sent: {received:?}");
            let data = match text {
                Some(text) => json!(text),
                None => json!({ "size": size }),
            };
            json!({ "received": data, "from": from })
        }
        Event::Failed(os) => {
            let text = os["message"].as_str().context("no message")?;
            json!({ "failed": raised(&json!({ "os": os }), text)? })
        }
        Event::Closed => json!({ "lost": null }),
        Event::Nothing => bail!("no event"),
    })
}

/// What asyncio did, as far as it is compared.
pub(crate) fn of_asyncio(outcome: &Value) -> Value {
    let mut compared = outcome.clone();
    if let Some(raised) = outcome.get("raised") {
        compared["raised"] = exception(raised);
    }
    let sends = compared.get_mut("sends").and_then(Value::as_array_mut);
    for send in sends.into_iter().flatten() {
        if let Some(raised) = send.get_mut("raised") {
            *raised = exception(raised);
        }
        let events = send.get_mut("events").and_then(Value::as_array_mut);
        for event in events.into_iter().flatten() {
            for name in ["failed", "lost", "exception"] {
                match event.get_mut(name) {
                    Some(error) if !error.is_null() => *error = exception(error),
                    _ => {}
                }
            }
        }
    }
    compared
}

/// Whether a vector binds to the port of that service.
fn binds(vector: &Vector) -> bool {
    let service = vector.question["local-address"]["service"].as_str();
    service.is_some_and(|it| it.eq_ignore_ascii_case("radius"))
}

#[tokio::test]
async fn as_asyncio_does_or_different_for_a_reason() -> Result<()> {
    let pki = Pki::new()?;
    let golden = compare(&Setting::usual(pki.folder()), &pki, Only::WasiAlone).await?;
    let (questions, differences) = golden.figures();
    in_readme(&[
        format!("for {questions} about datagrams"),
        format!("those of datagrams, {differences},"),
    ])
}

/// What WASI lacks is as in asyncio then.
#[tokio::test]
async fn and_with_the_posix_capability() -> Result<()> {
    let pki = Pki::new()?;
    let setting = with_options(pki.folder());
    compare(&setting, &pki, Only::WithCapability).await?;
    Ok(())
}

async fn compare(setting: &Setting<'_>, pki: &Pki, of: Only) -> Result<Golden> {
    // One at a time: both bind to that port.
    static ONE: Mutex<()> = Mutex::const_new(());
    let _one = ONE.lock().await;
    let mut golden = Golden::parse(
        include_str!("../../golden/create_datagram_endpoint.json"),
        include_str!("../../golden/datagram_differences.json"),
        of,
    )?;
    let radius = Vacant::this(RADIUS, &IPS)?;
    golden.skip(&format!("has a socket at {RADIUS}"), |it| {
        radius.is_none() && binds(it)
    });
    let places = Places::open()?;
    let scripts = golden.vectors.iter().map(|it| {
        let expected = golden.here(it).unwrap_or(&it.outcome);
        Script::of(&it.question, expected)
    });
    let scripts = scripts.collect::<Result<Vec<_>>>()?;
    let questions = golden.vectors.iter().zip(&scripts);
    let questions = questions.map(|(it, script)| places.put(it.question.clone(), script));
    let questions = questions.collect::<Result<Vec<_>>>()?;
    let answers = ask_in(setting, pki, &questions).await?;
    let mut compared = Vec::new();
    for ((vector, script), answer) in golden.vectors.iter().zip(&scripts).zip(&answers) {
        let here = places.of_component(answer, &vector.question, script);
        compared.push(Compared {
            asyncio: of_asyncio(&vector.outcome),
            here: here.with_context(|| vector.id.clone())?,
        });
    }
    golden.check(&compared)?;
    Ok(golden)
}
