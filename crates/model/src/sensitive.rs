//! [`Sensitive`]: a value that cannot be printed.

use std::fmt;

use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretBox};

/// A secret in memory: no `Display`, no `Serialize`, wiped when dropped.
///
/// # Guarantees
/// `Debug` prints `(sensitive value)`. The only way to the value is [`Sensitive::expose`], which is
/// easy to search for.
pub struct Sensitive<T: Zeroize>(SecretBox<T>);

impl<T: Zeroize> Sensitive<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(SecretBox::new(Box::new(value)))
    }

    /// The value, for the one call that needs it.
    pub fn expose(&self) -> &T {
        self.0.expose_secret()
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sensitive value)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_value() {
        let token = Sensitive::new(String::from("hunter2"));
        assert_eq!(format!("{token:?}"), "(sensitive value)");
        assert_eq!(token.expose(), "hunter2");
    }
}
