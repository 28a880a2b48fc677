//! A corpus of certificates, bad ones and good ones: the component accepts what OpenSSL accepts, and refuses what it
//! refuses, or `differences.json` says why not.

mod authorities;
mod chains;
mod corpus;
mod encodings;
mod names;
mod signatures;
mod usages;
mod validity;

use anyhow::{Context, Result, ensure};
use comfy_table::Table;
use corpus::Corpus;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use switchboard_tests::ask::{Answer, ask};
use switchboard_tests::certs::Pki;
use switchboard_tests::corpus::s_client::{self, Verdict};
use switchboard_tests::corpus::servers::Servers;
use switchboard_tests::corpus::{ACCEPTED, Case, pem};

/// Cases of which one of both accepts what the other refuses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    reason: String,
    cases: Vec<String>,
}

fn cases() -> Result<Vec<Case>> {
    let mut corpus = Corpus::new()?;
    chains::add(&mut corpus)?;
    authorities::add(&mut corpus)?;
    usages::add(&mut corpus)?;
    names::add(&mut corpus)?;
    validity::add(&mut corpus)?;
    signatures::add(&mut corpus)?;
    encodings::add(&mut corpus)?;
    Ok(corpus.cases)
}

fn trusted(number: usize) -> String {
    format!("case-{number}.trusted.pem")
}

/// What OpenSSL says of all, as many at a time as there are processors.
fn by_openssl(cases: &[Case], servers: &[SocketAddr], folder: &Path) -> Result<Vec<Verdict>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (Some(case), Some(&server)) = (cases.get(number), servers.get(number)) else {
                return Ok(done);
            };
            let file = folder.join(trusted(number));
            let verdict = s_client::verdict(case, server, &file);
            done.push((number, verdict.with_context(|| case.name)?));
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<Result<Vec<_>>>()
    })?;
    let verdicts: BTreeMap<_, _> = done.into_iter().flatten().collect();
    Ok(verdicts.into_values().collect())
}

/// What the component says of all.
async fn by_component(cases: &[Case], servers: &[SocketAddr], pki: &Pki) -> Result<Vec<Verdict>> {
    let questions = cases.iter().zip(servers).enumerate();
    let questions = questions.map(|(number, (case, server))| {
        json!({
            "host": server.ip(),
            "service": server.port(),
            "tls": format!("/pki/{}", trusted(number)),
            "server-name": case.asked,
        })
    });
    let answers = ask(pki, &questions.collect::<Vec<_>>()).await?;
    answers.iter().map(verdict).collect()
}

fn verdict(answer: &Answer) -> Result<Verdict> {
    if answer.connected.is_some() {
        return Ok(Verdict {
            name: ACCEPTED.into(),
            told: String::new(),
        });
    }
    let failure = answer.failure.as_ref().context("neither")?;
    let failure = failure.get("tls").unwrap_or(failure);
    let failure = failure.get("certificate").unwrap_or(failure);
    let name = match failure {
        Value::String(name) => Some(name.clone()),
        Value::Object(case) => case.keys().next().cloned(),
        _ => None,
    };
    Ok(Verdict {
        name: name.with_context(|| failure.to_string())?,
        told: answer.told().to_owned(),
    })
}

/// Whether a person could have written it: no identifier of a program is in it.
fn is_a_sentence(text: &str) -> bool {
    let identifier = |word: &str| {
        let camel = |pair: (char, char)| pair.0.is_lowercase() && pair.1.is_uppercase();
        word.chars().zip(word.chars().skip(1)).any(camel)
    };
    // Nor a value of Rust as it shows itself, nor anything that a terminal obeys.
    !text.split_whitespace().any(identifier)
        && !text.contains("{ ")
        && !text.contains(char::is_control)
}

#[tokio::test]
async fn as_openssl_or_different_for_a_reason() -> Result<()> {
    let begun = std::time::Instant::now();
    let cases = cases()?;
    let made = begun.elapsed();
    let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
    ensure!(names.len() == cases.len(), "two cases have the same name");
    let pki = Pki::new()?;
    for (number, case) in cases.iter().enumerate() {
        pki.write(&trusted(number), pem(&case.trusted))?;
    }
    let servers = Servers::start(&cases, pki.folder())?;
    let addresses = servers.addresses();
    let cases: Arc<[Case]> = cases.into();
    let openssl = tokio::task::spawn_blocking({
        let (cases, folder) = (cases.clone(), pki.folder().to_owned());
        let addresses = addresses.to_vec();
        move || by_openssl(&cases, &addresses, &folder)
    });
    let component = by_component(&cases, addresses, &pki).await?;
    let openssl = openssl.await??;
    // Other versions find the same certificates unacceptable, and may have other reasons.
    let version = s_client::version()?;
    let same_codes = version.starts_with("3.0.");

    let differences: Vec<Difference> = serde_json::from_str(include_str!("differences.json"))?;
    let mut explained = BTreeSet::new();
    for difference in &differences {
        ensure!(!difference.reason.is_empty(), "a difference without reason");
        for name in &difference.cases {
            ensure!(names.contains(&**name), "there is no case {name:?}");
            ensure!(explained.insert(&**name), "{name:?} has two reasons");
        }
    }
    let (mut wrong, mut refused, mut different) = (Vec::new(), 0, 0);
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header([
        "case",
        "sent",
        "asked for",
        "component",
        "OpenSSL",
        "",
        "message",
    ]);
    for ((case, here), there) in cases.iter().zip(&component).zip(&openssl) {
        let differ = (here.name == ACCEPTED) != (there.name == ACCEPTED);
        let told = here.told.as_str();
        let asked: String = case.asked.chars().take(30).collect();
        let sent = case.chain.len().to_string();
        let row = [case.name, &sent, &asked, &here.name, &there.name];
        let mark = if differ { "≠" } else { "" };
        table.add_row([row.as_slice(), &[mark, told]].concat());
        refused += usize::from(!differ && here.name != ACCEPTED);
        different += usize::from(differ);
        let as_expected = match same_codes {
            true => there.name == case.openssl,
            false => (there.name == ACCEPTED) == (case.openssl == ACCEPTED),
        };
        if here.name != case.component || !as_expected {
            wrong.push(format!(
                "{}: expected {} and {}, and it is {here:?} and {there:?}",
                case.name, case.component, case.openssl
            ));
        }
        if differ != explained.contains(case.name) {
            let which = if differ {
                "is no reason"
            } else {
                "is a reason, and no difference"
            };
            wrong.push(format!("{}: there {which}: {here:?}, {there:?}", case.name));
        }
        if !is_a_sentence(told) {
            wrong.push(format!("{}: {told:?} is not for people", case.name));
        }
    }
    println!("{table}");
    println!(
        "{} cases with OpenSSL {version}, made in {made:.1?}, all done after {:.1?}: {} accepted by both, {refused} refused by both, \
         {different} different for {} reasons",
        cases.len(),
        begun.elapsed(),
        cases.len() - refused - different,
        differences.len()
    );
    ensure!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    Ok(())
}
