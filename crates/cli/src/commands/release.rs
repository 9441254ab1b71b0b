//! `suimon release`.

use crate::delivery_args::ReleaseArgs;
use crate::failure::Failure;
use crate::session::Session;

pub(crate) fn run(args: &ReleaseArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let _ = (args, session);
    Err(Failure::new("this command is not there yet"))
}
