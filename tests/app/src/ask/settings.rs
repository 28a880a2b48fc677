//! Settings of TLS: every one of `context` under its name in WIT.

use crate::arguments;
use crate::bindings::switchboard::connect::streams::TlsOption;
use crate::bindings::switchboard::connect::tls::{Context, TlsFailure, Trust, VerifyMode, Version};
use crate::json::outcome;
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Tls {
    /// Whether to speak it, with the default context.
    Default(bool),
    /// With a context that trusts this file of PEM alone.
    Trusting(String),
    /// With a context of these settings.
    Custom(Box<Settings>),
}

/// What is absent is not set at all.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The context of this name is made once; later questions find it as the earlier ones left it.
    name: Option<String>,
    /// Connect though a setting was refused.
    go_on: bool,
    trust: TrustName,
    load_verify_locations: Vec<String>,
    load_revocation_lists: Vec<String>,
    verify_mode: Option<VerifyModeName>,
    check_hostname: Option<bool>,
    cert_chain: Option<CertChain>,
    alpn_protocols: Option<Vec<String>>,
    versions: Option<(VersionName, VersionName)>,
    cipher_suites: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    server_name_indication: Option<bool>,
    session_cache_size: Option<u32>,
    max_fragment_size: Option<u32>,
    key_log: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum TrustName {
    Mozilla,
    #[default]
    None,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum VerifyModeName {
    Required,
    InsecureNone,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum VersionName {
    Tls12,
    Tls13,
}

/// Files, and the password of the key.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CertChain {
    certificates: String,
    private_key: String,
    password: Option<String>,
}

/// The contexts that questions share.
#[derive(Default)]
pub(super) struct Contexts(RefCell<HashMap<String, Rc<Context>>>);

/// What came of the settings.
#[derive(Default)]
pub(super) struct Made {
    /// Absent without TLS, and with the default context.
    context: Option<Rc<Context>>,
    default: bool,
    keeps_log: bool,
    /// Those that were refused, and why.
    pub(super) refused: Vec<Value>,
    /// Whether to connect all the same.
    pub(super) go_on: bool,
}

impl Made {
    pub(super) fn option(&self) -> Option<TlsOption<'_>> {
        match &self.context {
            Some(context) => Some(TlsOption::Custom(context)),
            None => self.default.then_some(TlsOption::DefaultContext),
        }
    }

    /// The secrets since the last question, if they are kept.
    pub(super) fn key_log(&self) -> Option<String> {
        let context = self.context.as_ref().filter(|_| self.keeps_log)?;
        Some(context.take_key_log())
    }
}

impl Contexts {
    /// The context that is asked for.
    pub(super) fn make(&self, tls: Option<&Tls>) -> Result<Made, String> {
        let mut made = Made::default();
        match tls {
            None => {}
            Some(Tls::Default(yes)) => made.default = *yes,
            Some(Tls::Trusting(path)) => made.context = Some(arguments::trusting(path)?.into()),
            Some(Tls::Custom(settings)) => {
                let context = self.named(settings);
                settings.apply(&context, &mut made.refused)?;
                made.go_on = settings.go_on || made.refused.is_empty();
                made.keeps_log = settings.key_log == Some(true);
                made.context = Some(context);
                return Ok(made);
            }
        }
        made.go_on = true;
        Ok(made)
    }

    fn named(&self, settings: &Settings) -> Rc<Context> {
        let new = || {
            Rc::new(Context::new(match settings.trust {
                TrustName::Mozilla => Trust::Mozilla,
                TrustName::None => Trust::None,
            }))
        };
        match &settings.name {
            Some(name) => {
                let mut contexts = self.0.borrow_mut();
                contexts.entry(name.clone()).or_insert_with(new).clone()
            }
            None => new(),
        }
    }
}

impl Settings {
    /// Sets what can be set, and tells the rest.
    fn apply(&self, context: &Context, refused: &mut Vec<Value>) -> Result<(), String> {
        let mut check = |setting: &str, failure: Option<TlsFailure>| {
            if let Some(failure) = failure {
                let failure = outcome::tls(&failure);
                refused.push(json!({ "setting": setting, "failure": failure }));
            }
        };
        for path in &self.load_verify_locations {
            let loaded = context.load_verify_locations(&file(path)?);
            check("load-verify-locations", loaded.err());
        }
        for path in &self.load_revocation_lists {
            let loaded = context.load_revocation_lists(&file(path)?);
            check("load-revocation-lists", loaded.err());
        }
        if let Some(mode) = &self.verify_mode {
            context.set_verify_mode(match mode {
                VerifyModeName::Required => VerifyMode::Required,
                VerifyModeName::InsecureNone => VerifyMode::InsecureNone,
            });
        }
        if let Some(chain) = &self.cert_chain {
            let password = chain.password.as_ref().map(String::as_bytes);
            let (certificates, key) = (file(&chain.certificates)?, file(&chain.private_key)?);
            let loaded = context.load_cert_chain(&certificates, &key, password);
            check("cert-chain", loaded.err());
        }
        if let Some(protocols) = &self.alpn_protocols {
            let protocols: Vec<_> = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
            check(
                "alpn-protocols",
                context.set_alpn_protocols(&protocols).err(),
            );
        }
        if let Some((minimum, maximum)) = self.versions {
            let set = context.set_versions(minimum.into(), maximum.into());
            check("versions", set.err());
        }
        if let Some(names) = &self.cipher_suites {
            check("cipher-suites", context.set_cipher_suites(names).err());
        }
        if let Some(names) = &self.groups {
            check("groups", context.set_groups(names).err());
        }
        if self.max_fragment_size.is_some() {
            let set = context.set_max_fragment_size(self.max_fragment_size);
            check("max-fragment-size", set.err());
        }
        if let Some(yes) = self.check_hostname {
            context.set_check_hostname(yes);
        }
        if let Some(send) = self.server_name_indication {
            context.set_server_name_indication(send);
        }
        if let Some(sessions) = self.session_cache_size {
            context.set_session_cache_size(sessions);
        }
        if let Some(keep) = self.key_log {
            context.set_key_log(keep);
        }
        Ok(())
    }
}

impl From<VersionName> for Version {
    fn from(version: VersionName) -> Self {
        match version {
            VersionName::Tls12 => Version::Tls12,
            VersionName::Tls13 => Version::Tls13,
        }
    }
}

fn file(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{path}: {error}"))
}
