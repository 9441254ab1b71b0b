//! Which release may move on, and the change that moves it.
