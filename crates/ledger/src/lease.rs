//! Whether the process that holds a lock is still there.

use crate::Lease;

/// Whether the owner of a lock is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Liveness {
    /// It is.
    Alive,
    /// It is provably gone: why that is sure.
    Gone(String),
    /// It cannot be told from here.
    Unknown,
}

/// A process id of this machine, as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// There is none.
    Gone,
    /// There is one; when it was started, in ticks since the machine's start, where that is known.
    Running(Option<u64>),
    /// It could not be asked.
    Unknown,
}

impl Lease {
    /// Whether the owner of this lease is still there, seen from a process that would itself hold
    /// `here`. `process` looks a process id up.
    ///
    /// # Guarantees
    /// `Gone` only for the same machine, and then when it was started again since, or when the process
    /// id of the same namespace is free or another process's. Everything else is `Unknown`: an owner
    /// that cannot be seen may well be alive.
    pub fn liveness(&self, here: &Lease, process: &dyn Fn(u32) -> Process) -> Liveness {
        let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) if !a.is_empty() && !b.is_empty() => Some(a == b),
            _ => None,
        };
        if same(&self.machine, &here.machine) != Some(true) {
            return Liveness::Unknown;
        }
        match same(&self.boot, &here.boot) {
            None => Liveness::Unknown,
            // Machines that were copied with their identity differ in their names at least.
            Some(false) if self.host != here.host => Liveness::Unknown,
            Some(false) => Liveness::Gone(format!("{} was started again since", self.host)),
            Some(true) if same(&self.pid_namespace, &here.pid_namespace) != Some(true) => {
                Liveness::Unknown
            }
            Some(true) => self.process(process(self.pid)),
        }
    }

    fn process(&self, now: Process) -> Liveness {
        match (now, self.started) {
            _ if self.pid == 0 => Liveness::Unknown,
            (Process::Gone, _) => {
                Liveness::Gone(format!("process {} on {} is gone", self.pid, self.host))
            }
            (Process::Running(Some(now)), Some(then)) if now != then => {
                Liveness::Gone(format!("process {} on {} is another one now", self.pid, self.host))
            }
            (Process::Running(Some(_)), Some(_)) => Liveness::Alive,
            (Process::Running(_) | Process::Unknown, _) => Liveness::Unknown,
        }
    }
}
