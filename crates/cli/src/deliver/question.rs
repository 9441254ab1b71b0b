//! Terraform's question.

use std::io::{BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Asks before the first write. Without a terminal nobody can answer, so it fails rather than hangs.
pub(crate) async fn ask() -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("standard input is not a terminal, so nobody can approve the plan")
            .hint("save a plan with `suimon plan ENV --out FILE` and apply the file, or use --auto-approve"));
    }
    let question = "\nDo you want to perform these actions?\n  suimon will perform the actions \
                    described above.\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ";
    if confirmed(question.to_owned()).await? {
        Ok(())
    } else {
        Err(Failure::new("apply cancelled; nothing was written"))
    }
}

/// Whether the person at the terminal says `yes`.
pub(crate) async fn confirmed(question: String) -> Result<bool, Failure> {
    let answer = tokio::task::spawn_blocking(move || {
        let mut err = std::io::stderr().lock();
        write!(err, "{question}")?;
        err.flush()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        std::io::Result::Ok(line)
    });
    let answer = answer.await.map_err(Failure::new)?.map_err(Failure::new)?;
    Ok(answer.trim() == "yes")
}
