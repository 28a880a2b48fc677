//! What the cases have in common.

use anyhow::Result;
use std::sync::Arc;
use switchboard_tests::corpus::fields::{GeneralName, dns};
use switchboard_tests::corpus::keys::Key;
use switchboard_tests::corpus::sketch::{Authority, Sketch};
use switchboard_tests::corpus::{ACCEPTED, Case};

/// The name that is asked for where names do not matter.
pub(crate) const NAME: &str = "a.example";

/// What the component and OpenSSL should say.
pub(crate) type Verdicts = (&'static str, &'static str);

/// Both accept.
pub(crate) const BOTH: Verdicts = (ACCEPTED, ACCEPTED);

/// The cases so far, and the authority that is trusted unless a case says otherwise.
pub(crate) struct Corpus {
    pub(crate) root: Authority,
    /// The key of every leaf that is not about keys.
    pub(crate) key: Arc<Key>,
    pub(crate) cases: Vec<Case>,
}

impl Corpus {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            root: Authority::root("root")?,
            key: Arc::new(Key::p256()?),
            cases: Vec::new(),
        })
    }

    /// A leaf without a fault for [`NAME`].
    pub(crate) fn leaf(&self) -> Sketch {
        self.leaf_for(&[dns(NAME)])
    }

    /// A leaf without a fault for these names.
    pub(crate) fn leaf_for(&self, names: &[GeneralName]) -> Sketch {
        Sketch::leaf(&self.key, names)
    }

    /// A leaf without a fault, by this authority.
    pub(crate) fn issued_by(&self, authority: &Authority) -> Result<Vec<u8>> {
        self.leaf().signed_by(authority)
    }

    /// A leaf by the root, with what `edit` changes.
    pub(crate) fn edited(
        &mut self,
        name: &'static str,
        verdicts: Verdicts,
        edit: impl FnOnce(Sketch) -> Sketch,
    ) -> Result<()> {
        let leaf = edit(self.leaf()).signed_by(&self.root)?;
        self.sent(name, verdicts, vec![leaf]);
        Ok(())
    }

    /// A leaf by the root for these names, and the one that is asked for.
    pub(crate) fn named(
        &mut self,
        name: &'static str,
        verdicts: Verdicts,
        names: &[GeneralName],
        asked: &str,
    ) -> Result<()> {
        let leaf = self.leaf_for(names).signed_by(&self.root)?;
        self.sent(name, verdicts, vec![leaf]);
        self.last().asked = asked.to_owned();
        Ok(())
    }

    /// A leaf without a fault by this authority, which the root vouches for.
    pub(crate) fn through(
        &mut self,
        name: &'static str,
        verdicts: Verdicts,
        authority: &Authority,
    ) -> Result<()> {
        let leaf = self.issued_by(authority)?;
        self.sent(name, verdicts, vec![leaf, authority.certificate.clone()]);
        Ok(())
    }

    /// A leaf without a fault by this authority, which alone is trusted.
    pub(crate) fn trusting(
        &mut self,
        name: &'static str,
        verdicts: Verdicts,
        authority: &Authority,
    ) -> Result<()> {
        let leaf = self.issued_by(authority)?;
        self.sent(name, verdicts, vec![leaf]);
        self.last().trusted = vec![authority.certificate.clone()];
        Ok(())
    }

    /// Whatever is sent.
    pub(crate) fn sent(&mut self, name: &'static str, verdicts: Verdicts, chain: Vec<Vec<u8>>) {
        self.cases.push(Case {
            name,
            chain,
            key: self.key.clone(),
            trusted: vec![self.root.certificate.clone()],
            asked: NAME.to_owned(),
            component: verdicts.0,
            openssl: verdicts.1,
        });
    }

    /// The case that was added last, for what is particular about it.
    pub(crate) fn last(&mut self) -> &mut Case {
        self.cases.last_mut().expect("a case was added before")
    }
}
