//! Who holds a lock, and whether that process is still there. Only Linux can tell.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use suimon_ledger::{Lease, Liveness, Process};

use super::actor::host;

/// The namespace of process ids that a machine starts with (`PROC_PID_INIT_INO` in Linux).
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// This process.
pub(crate) fn own() -> Lease {
    let pid = std::process::id();
    let boot = text("/proc/sys/kernel/random/boot_id");
    let link = std::fs::read_link("/proc/self/ns/pid").ok();
    let pid_namespace = link.map(|link| link.to_string_lossy().into_owned());
    let machine = if pid_namespace.as_deref() == Some(FIRST_PID_NAMESPACE) {
        text("/etc/machine-id")
    } else {
        // In a container that file may be its image's, and the same everywhere.
        boot.as_ref().map(|boot| format!("boot {boot}"))
    };
    let started = stat(pid).map(|stat| stat.started);
    Lease { host: host(), machine, boot, pid_namespace, pid, started }
}

fn text(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Whether the process that holds a lock is still there.
pub(crate) fn liveness(lease: &Lease) -> Liveness {
    lease.liveness(&own(), &find)
}

fn find(number: u32) -> Process {
    let Some(pid) = i32::try_from(number).ok().and_then(Pid::from_raw) else {
        return Process::Unknown;
    };
    // `/proc` may hide the processes of others; a signal that is not sent does not.
    match test_kill_process(pid) {
        Err(Errno::SRCH) => Process::Gone,
        Ok(()) | Err(Errno::PERM) => match stat(number) {
            Some(stat) if stat.ended => Process::Gone,
            Some(stat) => Process::Running(Some(stat.started)),
            None => Process::Running(None),
        },
        Err(_) => Process::Unknown,
    }
}

/// A part of `/proc/PID/stat`; see proc_pid_stat(5).
struct Stat {
    /// It has ended, and its parent has not asked for how yet.
    ended: bool,
    started: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The second field is the program's name in parentheses, and may hold anything.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let ended = matches!(*fields.first()?, "Z" | "X" | "x");
    // Field 22 of all; the first two are cut off.
    Some(Stat { ended, started: fields.get(19)?.parse().ok()? })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_there() {
        let own = own();
        if own.started.is_some() {
            assert_eq!(liveness(&own), Liveness::Alive, "{own:?}");
        }
    }

    #[test]
    fn a_process_that_has_ended_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert_eq!(find(pid), Process::Gone);
        let lease = Lease { pid, ..own() };
        if lease.machine.is_some() {
            assert!(matches!(liveness(&lease), Liveness::Gone(_)), "{lease:?}");
        }
    }

    #[test]
    fn the_start_of_a_process_with_any_name() {
        let rest = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 0";
        let stat = parse_stat(&format!("12 (a ) b (c) {rest}")).unwrap();
        assert_eq!((stat.ended, stat.started), (false, 4242));
        assert!(parse_stat("12 (a) Z").is_none());
        assert!(parse_stat(&format!("12 (a) Z{}", &rest[1..])).unwrap().ended);
    }
}
