//! `suimon history`.

use crate::delivery_args::HistoryArgs;
use crate::failure::Failure;
use crate::session::Session;

pub(crate) fn run(args: &HistoryArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let _ = (args, session);
    Err(Failure::new("this command is not there yet"))
}
