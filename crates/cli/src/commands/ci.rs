//! `suimon ci`.

use crate::delivery_args::CiArgs;
use crate::failure::Failure;
use crate::session::Session;

pub(crate) async fn run(args: &CiArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let _ = (args, session);
    Err(Failure::new("this command is not there yet"))
}
