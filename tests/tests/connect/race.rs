//! A.6: several attempts at a time.

use crate::{BUSY, ask_one, ask_while_busy, at, places, with};
use serde_json::{Value, json};
use switchboard_tests::ask::Step;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::composed::SEEN;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;

/// How many attempts may be in flight.
const MOST: usize = 6;

/// How long each of them has before it can be given up for another, in seconds.
const PATIENCE: f64 = 2.0;

/// How many of these went on at a time, at most.
fn most_in_flight(steps: &[&Step]) -> usize {
    let at_start = steps.iter().map(|one| {
        let going_on = |it: &&&Step| it.started <= one.started && one.started < it.ended;
        steps.iter().filter(going_on).count()
    });
    at_start.max().unwrap_or(0)
}

/// They are made at once, as each takes a while.
fn silent(places: Vec<Place>) -> Vec<Blackhole> {
    let holes = places
        .into_iter()
        .map(|place| std::thread::spawn(|| Blackhole::start(place)));
    let holes: Vec<_> = holes.collect();
    let holes = holes.into_iter().map(|it| it.join().unwrap().unwrap());
    holes.collect()
}

#[tokio::test]
async fn a6_twenty_addresses_of_which_the_last_answers() {
    let ips: Vec<String> = (1..=20).map(|host| format!("127.0.0.{host}")).collect();
    let parsed: Vec<_> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
    let mut places = Place::at_each(&parsed).unwrap();
    let port = places[0].addr().port();
    let server = TcpServer::echo(places.pop().unwrap()).unwrap();
    let _holes = silent(places);

    let question = json!({
        "addresses": ips, "service": port, "happy-eyeballs-delay": 0.01, "then": "echo",
    });
    let answer = ask_one(question).await;
    assert_eq!(answer.remote().unwrap(), server.addr());
    assert_eq!(answer.echo.as_deref(), Some("ping\n"));
    assert_eq!(answer.tried().len(), 20);

    let connects = answer.steps("connect");
    assert_eq!(most_in_flight(&connects), MOST);
    // Three times six are given their time in turn, then come the last ones.
    let (last, holes) = connects.split_last().unwrap();
    assert!(last.succeeded());
    assert!((6.0..15.0).contains(&last.started), "{answer:#?}");
    let (given_up, abandoned) = holes.split_at(14);
    for step in given_up {
        assert!(step.failure().is_some(), "{step:?}");
        assert!(step.took() >= PATIENCE, "{step:?}");
    }
    assert!(
        abandoned.iter().all(|step| step.abandoned()),
        "{abandoned:?}"
    );
}

/// Its time is for all of one's own addresses together.
#[tokio::test]
async fn a6_what_is_given_up_does_not_go_on_from_the_next_local_address() {
    let ips: Vec<String> = (1..=7).map(|host| format!("127.0.0.{host}")).collect();
    let parsed: Vec<_> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
    let mut places = Place::at_each(&parsed).unwrap();
    let port = places[0].addr().port();
    let server = TcpServer::echo(places.pop().unwrap()).unwrap();
    let _holes = silent(places);

    let answer = ask_one(json!({
        "addresses": ips, "service": port, "happy-eyeballs-delay": 0.01, "then": "echo",
        "local-addresses": [{"host": "127.0.0.8", "service": 0}, {"host": "127.0.0.9", "service": 0}],
    }))
    .await;
    assert_eq!(answer.remote().unwrap(), server.addr());
    let connects = answer.steps("connect");
    assert!(connects[0].failure().is_some(), "{answer:#?}");
    assert!(connects[0].took() >= PATIENCE, "{answer:#?}");
    // Each once, and from the first.
    let ips: Vec<_> = ips.iter().map(String::as_str).collect();
    assert_eq!(answer.tried(), at(port, &ips));
    let binds = answer.steps("bind");
    assert_eq!(binds.len(), connects.len(), "{answer:#?}");
    let first = |step: &&Step| step.address == Some(at(0, &["127.0.0.8"])[0]);
    assert!(binds.iter().all(first), "{answer:#?}");
}

/// Less than RFC 8305 permits counts as what it permits.
#[tokio::test]
async fn a6_a_delay_of_zero_is_no_flood() {
    let (places, port) = places(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    let [first, second, server] = places;
    let _holes = [first, second].map(|place| Blackhole::start(place).unwrap());
    let _server = TcpServer::echo(server).unwrap();
    let ips = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    let question = json!({"addresses": ips, "service": port, "happy-eyeballs-delay": 0});
    let answer = ask_one(question).await;
    assert_eq!(answer.tried(), at(port, &ips));
    let starts: Vec<_> = answer
        .steps("connect")
        .iter()
        .map(|it| it.started)
        .collect();
    assert!(
        starts.windows(2).all(|pair| pair[1] - pair[0] >= 0.01),
        "{starts:?}"
    );
}

#[tokio::test]
async fn a6_two_winners_at_once_are_one() {
    let ips = ["127.0.0.1", "127.0.0.2"];
    let (places, port) = places(ips);
    let holes = places.map(|place| Blackhole::start(place).unwrap());
    let question = json!({"addresses": ips, "service": port, "happy-eyeballs-delay": 0.01});
    let (answer, servers) = ask_while_busy(&question, holes).await;

    let connects = answer.steps("connect");
    assert_eq!(connects.len(), 2);
    assert_eq!(connects.iter().filter(|it| it.succeeded()).count(), 1);
    assert_eq!(connects.iter().filter(|it| it.abandoned()).count(), 1);
    // Not before the application was done.
    let [_, busy_until] = BUSY;
    let ended = |step: &&Step| step.ended > busy_until - 0.1;
    assert!(connects.iter().all(ended), "{connects:?}");
    assert_eq!(answer.echo.as_deref(), Some("ping\n"));
    // Both were connected, one of them was used, and both are closed.
    let mut read = Vec::new();
    for server in servers {
        let log = server.until(SEEN, |log| log.all_ended(1)).await.unwrap();
        assert_eq!(log.accepted(), 1);
        read.push(log.read());
    }
    read.sort_unstable();
    assert_eq!(read, [0, 5]);
}

/// The families alternate in a race unless something else is wanted, and one after another only if it is.
#[tokio::test]
async fn a4_and_a_v6_interleaving() {
    let ips = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"];
    let (places, port) = places(ips);
    let _refusing = places.map(|place| Refusing::start(place).unwrap());
    let question = json!({"addresses": ips, "service": port});
    let race = json!(0.25);
    for (delay, interleave, expected) in [
        (Value::Null, Value::Null, [0, 1, 2, 3]),
        (Value::Null, json!(0), [0, 1, 2, 3]),
        (Value::Null, json!(1), [0, 3, 1, 2]),
        (Value::Null, json!(2), [0, 1, 3, 2]),
        (race.clone(), Value::Null, [0, 3, 1, 2]),
        (race.clone(), json!(0), [0, 1, 2, 3]),
        (race, json!(3), [0, 1, 2, 3]),
    ] {
        let options = json!({"happy-eyeballs-delay": delay, "interleave": interleave});
        let answer = ask_one(with(&question, options)).await;
        assert_eq!(answer.tried(), at(port, &expected.map(|it| ips[it])));
    }
}
