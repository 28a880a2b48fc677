//! A thread with a single-threaded runtime on which one server runs, and which ends with its handle.

use anyhow::{Context, Result};
use std::future::Future;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Ends its thread, and with it every task and socket there, before its drop returns.
#[derive(Debug)]
pub(crate) struct Worker {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Runs what `make` gives, and whatever that spawns, until it ends or the worker is dropped.
    ///
    /// `make` is called inside the runtime. The future must never block its thread.
    pub(crate) fn start<M, F>(name: &str, make: M) -> Result<Self>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("a runtime for a server")?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    tokio::select! {
                        biased;
                        _ = stopped => {}
                        () = async { make().await } => {}
                    }
                });
            })
            .context("a thread for a server")?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if ended.is_err() && !std::thread::panicking() {
                panic!("a server's thread panicked");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn drop_ends_all_tasks_before_it_returns() {
        let held = Arc::new(());
        let (first, second) = (held.clone(), held.clone());
        let worker = Worker::start("test", move || async move {
            tokio::spawn(async move {
                let _first = first;
                std::future::pending::<()>().await;
            });
            let _second = second;
            std::future::pending::<()>().await;
        })
        .unwrap();
        drop(worker);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
