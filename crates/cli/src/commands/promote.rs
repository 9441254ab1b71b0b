//! `suimon promote`.

use crate::delivery_args::PromoteArgs;
use crate::failure::Failure;
use crate::session::Session;

pub(crate) async fn run(args: &PromoteArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let _ = (args, session);
    Err(Failure::new("this command is not there yet"))
}
