//! One run of a component.

use crate::Permissions;
use wasmtime_wasi::cli::{StdinStream, StdoutStream};

/// How to run a component: arguments, permissions, and the three standard streams, which are empty unless given.
pub struct Invocation {
    pub(crate) arguments: Vec<String>,
    pub(crate) permissions: Permissions,
    pub(crate) stdin: Option<Box<dyn StdinStream>>,
    pub(crate) stdout: Option<Box<dyn StdoutStream>>,
    pub(crate) stderr: Option<Box<dyn StdoutStream>>,
    pub(crate) inherit: bool,
    pub(crate) current_directory: Option<String>,
    pub(crate) memory_limit: usize,
}

impl Invocation {
    /// With these arguments, of which the first is the name of the program.
    pub fn new(arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            arguments: arguments.into_iter().map(Into::into).collect(),
            permissions: Permissions::none(),
            stdin: None,
            stdout: None,
            stderr: None,
            inherit: false,
            current_directory: None,
            memory_limit: usize::MAX,
        }
    }

    /// Permits this, and only this.
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    /// Gives it this process's standard streams.
    pub fn inherit_stdio(mut self) -> Self {
        self.inherit = true;
        self
    }

    /// Tells it from which of its directories relative paths start.
    pub fn current_directory(mut self, name: impl Into<String>) -> Self {
        self.current_directory = Some(name.into());
        self
    }

    /// Lets it have this much linear memory in all, in bytes; more is refused to it. Unlimited by default, but for the 4 GiB
    /// that each memory can have.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// Lets it read this as standard input.
    pub fn stdin(mut self, stdin: impl StdinStream + 'static) -> Self {
        self.stdin = Some(Box::new(stdin));
        self
    }

    /// Lets it write to this as standard output.
    pub fn stdout(mut self, stdout: impl StdoutStream + 'static) -> Self {
        self.stdout = Some(Box::new(stdout));
        self
    }

    /// Lets it write to this as standard error.
    pub fn stderr(mut self, stderr: impl StdoutStream + 'static) -> Self {
        self.stderr = Some(Box::new(stderr));
        self
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// The exit status: 0, or the failure that the component told.
    pub status: u8,
    /// How much linear memory its instances had in the end, in bytes. It never shrinks, so this is the most as well.
    pub memory: usize,
}
