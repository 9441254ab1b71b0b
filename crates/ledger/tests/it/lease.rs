//! Whether the owner of a lock is still there.

use suimon_ledger::{Lease, Liveness, Process};

use crate::support::lease;

const RUNNING: Process = Process::Running(Some(100));

#[test]
fn an_owner_is_gone_only_where_that_is_sure() {
    let with = |change: fn(&mut Lease)| {
        let mut lease = lease(7);
        change(&mut lease);
        lease
    };
    let other_machine = with(|here| here.machine = Some("m2".to_owned()));
    let restarted = with(|here| here.boot = Some("b2".to_owned()));
    let copied = with(|here| (here.boot, here.host) = (Some("b2".to_owned()), "copy".to_owned()));
    let container = with(|here| here.pid_namespace = Some("pid:[2]".to_owned()));
    let (no_machine, no_boot, no_namespace) = (
        with(|one| one.machine = None),
        with(|one| one.boot = None),
        with(|one| one.pid_namespace = None),
    );
    let empty = with(|one| one.machine = Some(String::new()));
    let (no_pid, no_start) = (with(|one| one.pid = 0), with(|one| one.started = None));
    let renamed = with(|here| here.host = "desk".to_owned());
    let same = lease(7);
    let gone = |why: &str| Liveness::Gone(why.to_owned());
    for (row, (owner, here, process, expected)) in [
        (&same, &same, RUNNING, Liveness::Alive),
        (&same, &lease(8), RUNNING, Liveness::Alive),
        (&same, &renamed, Process::Gone, gone("process 7 on laptop is gone")),
        (&same, &same, Process::Gone, gone("process 7 on laptop is gone")),
        (&same, &same, Process::Running(Some(200)), gone("process 7 on laptop is another one now")),
        (&same, &same, Process::Running(None), Liveness::Unknown),
        (&same, &same, Process::Unknown, Liveness::Unknown),
        (&no_start, &same, RUNNING, Liveness::Unknown),
        (&no_start, &same, Process::Gone, gone("process 7 on laptop is gone")),
        (&no_pid, &same, Process::Gone, Liveness::Unknown),
        (&same, &other_machine, Process::Gone, Liveness::Unknown),
        (&no_machine, &same, Process::Gone, Liveness::Unknown),
        (&same, &no_machine, Process::Gone, Liveness::Unknown),
        (&no_machine, &no_machine, Process::Gone, Liveness::Unknown),
        (&empty, &empty, Process::Gone, Liveness::Unknown),
        (&same, &restarted, RUNNING, gone("laptop was started again since")),
        (&same, &copied, RUNNING, Liveness::Unknown),
        (&no_boot, &same, Process::Gone, Liveness::Unknown),
        (&same, &no_boot, Process::Gone, Liveness::Unknown),
        (&same, &container, Process::Gone, Liveness::Unknown),
        (&no_namespace, &same, Process::Gone, Liveness::Unknown),
        (&same, &no_namespace, Process::Gone, Liveness::Unknown),
        (&container, &container, Process::Gone, gone("process 7 on laptop is gone")),
        (&Lease::default(), &Lease::default(), Process::Gone, Liveness::Unknown),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(owner.liveness(here, &|_| process), expected, "row {row}");
    }
}
