//! `suimon rollback`.

use crate::delivery_args::RollbackArgs;
use crate::failure::Failure;
use crate::session::Session;

pub(crate) async fn run(args: &RollbackArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let _ = (args, session);
    Err(Failure::new("this command is not there yet"))
}
