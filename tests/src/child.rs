//! Child processes: one that serves until it is dropped, and one that runs to its end.

use anyhow::{Context, Result, bail, ensure};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Kills its process, and waits for its end, when dropped.
#[derive(Debug)]
struct Killed(Child);

impl Killed {
    /// Waits for its end as long as there is time left. The standard library cannot do that.
    fn end(
        &mut self,
        left: impl Fn() -> Duration,
        late: impl Fn() -> String,
    ) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            ensure!(!left().is_zero(), late());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        // Fails where the process is gone already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process that serves. Its standard input stays open, and empty, for as long as it is wanted.
#[derive(Debug)]
pub struct Serving {
    child: Killed,
    stdin: Option<ChildStdin>,
    output: Arc<watch::Sender<String>>,
}

impl Serving {
    /// Starts `command` and blocks, at most for `limit`, until `announced` finds what it looks for in the output
    /// so far, of which only complete lines count.
    pub fn start<T>(
        mut command: Command,
        limit: Duration,
        announced: impl Fn(&str) -> Option<T>,
    ) -> Result<(Self, T)> {
        let begun = Instant::now();
        let mut child = spawn(&mut command)?;
        let output = Arc::new(watch::Sender::new(String::new()));
        let (news, heard) = mpsc::channel();
        let stdout = child.0.stdout.take().context("no standard output")?;
        let stderr = child.0.stderr.take().context("no standard error")?;
        follow(stdout, output.clone(), news.clone());
        follow(stderr, output.clone(), news);
        let serving = Self {
            stdin: child.0.stdin.take(),
            child,
            output,
        };
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            let ended = heard.recv_timeout(left).is_err();
            let text = serving.output();
            let complete = text.rfind('\n').map_or("", |end| &text[..=end]);
            if let Some(found) = announced(complete) {
                return Ok((serving, found));
            }
            if ended {
                bail!("{command:?} did not get ready within {limit:?}; it said {text:?}");
            }
        }
    }

    /// The process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// What it wrote so far, standard output and error mixed as they came.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.borrow().clone()
    }

    /// Waits until `seen` is true of what it wrote, at most for `limit`.
    pub async fn until(
        &self,
        limit: Duration,
        mut seen: impl FnMut(&str) -> bool,
    ) -> Result<String> {
        let mut changes = self.output.subscribe();
        let waited = tokio::time::timeout(limit, changes.wait_for(|text| seen(text))).await;
        match waited {
            Ok(Ok(text)) => Ok(text.clone()),
            _ => bail!(
                "not seen within {limit:?}; the process said {:?}",
                self.output()
            ),
        }
    }

    /// Waits for its end, blocking, at most for `limit`; its standard input ends now.
    pub fn end(mut self, limit: Duration) -> Result<ExitStatus> {
        drop(self.stdin.take());
        let begun = Instant::now();
        let late = || {
            format!(
                "it did not end within {limit:?}; it said {:?}",
                *self.output.borrow()
            )
        };
        self.child
            .end(|| limit.saturating_sub(begun.elapsed()), late)
    }
}

/// What a process that ran to its end left.
#[derive(Clone, Debug)]
pub struct Done {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Done {
    /// Itself, if the process succeeded; otherwise an error that shows what it wrote.
    pub fn success(self) -> Result<Self> {
        ensure!(
            self.status.success(),
            "{}: {}{}",
            self.status,
            self.stdout,
            self.stderr
        );
        Ok(self)
    }
}

/// Runs `command` to its end, blocking, with `input` as its standard input. It is killed after `limit`.
pub fn run(command: Command, input: &[u8], limit: Duration) -> Result<Done> {
    let output = run_for_bytes(command, input, limit)?;
    Ok(Done {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// As [`run`], where what is written may be no text.
pub fn run_for_bytes(mut command: Command, input: &[u8], limit: Duration) -> Result<Output> {
    let begun = Instant::now();
    let mut child = spawn(&mut command)?;
    let mut stdin = child.0.stdin.take().context("no standard input")?;
    let input = input.to_vec();
    // It may end without having read all, or any.
    std::thread::spawn(move || stdin.write_all(&input));
    let stdout = collect(child.0.stdout.take().context("no standard output")?);
    let stderr = collect(child.0.stderr.take().context("no standard error")?);
    let left = || limit.saturating_sub(begun.elapsed());
    let late = || format!("{command:?} took longer than {limit:?}");
    let stdout = stdout.recv_timeout(left()).with_context(late)?;
    let stderr = stderr.recv_timeout(left()).with_context(late)?;
    // It has closed both, so its end is at hand.
    let status = child.end(left, late)?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

fn spawn(command: &mut Command) -> Result<Killed> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .with_context(|| format!("starting {command:?}"))?;
    Ok(Killed(child))
}

/// Appends what is read to `output`, and sends word of it, on a thread that ends with the pipe.
fn follow(
    mut pipe: impl Read + Send + 'static,
    output: Arc<watch::Sender<String>>,
    news: mpsc::Sender<()>,
) {
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut piece) {
            let text = String::from_utf8_lossy(&piece[..count]);
            output.send_modify(|all| all.push_str(&text));
            // Nobody listens any more once the process is ready.
            let _ = news.send(());
        }
    });
}

/// Sends all that can be read once the pipe has ended.
fn collect(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (all, collected) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = all.send(bytes);
    });
    collected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn serves_until_dropped() {
        let command = shell("echo $$; echo late >&2; exec cat");
        let number = |text: &str| text.lines().find_map(|line| line.parse::<u32>().ok());
        let (serving, pid) = Serving::start(command, LIMIT, number).unwrap();
        let all = serving.until(LIMIT, |text| text.contains("late")).await;
        assert_eq!(all.unwrap().lines().count(), 2);
        let process = format!("/proc/{pid}");
        assert!(std::fs::exists(&process).unwrap());
        drop(serving);
        assert!(!std::fs::exists(&process).unwrap());
    }

    #[test]
    fn says_why_it_did_not_get_ready() {
        let never = |_: &str| None::<()>;
        let error = Serving::start(shell("echo oops; exit 1"), LIMIT, never).unwrap_err();
        assert!(error.to_string().contains("oops"), "{error}");
        let limit = Duration::from_millis(20);
        let error = Serving::start(shell("exec cat"), limit, never).unwrap_err();
        assert!(error.to_string().contains("within"), "{error}");
    }

    #[test]
    fn runs_to_the_end_or_the_limit() {
        let done = run(shell("cat; echo e >&2; exit 3"), b"in", LIMIT).unwrap();
        assert_eq!((&*done.stdout, &*done.stderr), ("in", "e\n"));
        assert_eq!(done.status.code(), Some(3));
        assert!(done.success().is_err());
        assert!(run(shell("exec sleep 60"), b"", Duration::from_millis(50)).is_err());
    }
}
