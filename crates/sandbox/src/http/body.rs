//! Response bodies: whole, in pieces, streamed, or cut short on purpose.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::Frame;
use tokio::sync::mpsc;

/// Why a body ends early: a test asked for it.
#[derive(Debug, thiserror::Error)]
#[error("the body was cut short on request")]
pub(crate) struct Cut;

pub(crate) type Body = BoxBody<Bytes, Cut>;

fn never(error: Infallible) -> Cut {
    match error {}
}

pub(crate) fn full(text: String) -> Body {
    Full::new(Bytes::from(text)).map_err(never).boxed()
}

/// A list: its head, its items with `prefix` in place of their opening brace, and the closing brackets.
pub(crate) fn list(head: String, prefix: String, items: Vec<Arc<str>>) -> Body {
    const PER_FRAME: usize = 64;
    let frames = items.len().div_ceil(PER_FRAME);
    let chunks = (0..frames).map(move |frame| {
        let mut text = String::new();
        for (index, item) in items.iter().enumerate().skip(frame * PER_FRAME).take(PER_FRAME) {
            if index > 0 {
                text.push(',');
            }
            if prefix.is_empty() {
                text.push_str(item);
            } else {
                text.push_str(&prefix);
                text.push_str(item.get(1..).unwrap_or("}"));
            }
        }
        Bytes::from(text)
    });
    let all = std::iter::once(Bytes::from(head))
        .chain(chunks)
        .chain(std::iter::once(Bytes::from_static(b"]}")));
    BodyExt::boxed(StreamBody::new(stream::iter(all).map(|chunk| Ok(Frame::data(chunk)))))
}

pub(crate) fn stream(lines: mpsc::Receiver<Bytes>) -> Body {
    let lines = stream::unfold(lines, |mut lines| async move {
        let line = lines.recv().await?;
        Some((Ok(Frame::data(line)), lines))
    });
    BodyExt::boxed(StreamBody::new(Box::pin(lines)))
}

/// The first half of `whole`, then a broken connection.
pub(crate) fn truncated(whole: &Bytes) -> Body {
    let half = whole.slice(..whole.len() / 2);
    BodyExt::boxed(StreamBody::new(stream::iter([Ok(Frame::data(half)), Err(Cut)])))
}
