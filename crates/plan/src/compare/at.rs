//! [`At`]: what managed fields say about the place where the walk is.

use crate::fields::{Managers, Node};

/// What managed fields say about one place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    /// Its node; `None` where nobody owns anything, and inside atomic values.
    pub(crate) node: Option<&'a Node<'a>>,
    /// Who owns it.
    pub(crate) own: Managers,
    /// We own it as it is, and the declaration has not moved since we applied it: whatever the API
    /// server added inside, it added to what is declared.
    pub(crate) settled: bool,
    trusted: bool,
    ours: Managers,
}

impl<'a> At<'a> {
    /// An object's root; `trusted` when the declaration has not moved since we applied it.
    pub(crate) fn root(node: &'a Node<'a>, ours: Managers, trusted: bool) -> Self {
        let known = !node.children.is_empty();
        Self { node: known.then_some(node), own: 0, settled: false, trusted, ours }
    }

    /// One step down, by FieldsV1 path element.
    pub(crate) fn child(self, element: &str) -> Self {
        let Some(parent) = self.node else { return self };
        match parent.children.get(element) {
            Some(node) => Self {
                node: (!node.children.is_empty()).then_some(node),
                own: node.own,
                settled: self.trusted && node.own & self.ours != 0,
                ..self
            },
            None => self.unowned(),
        }
    }

    /// The same place, its value to be looked at as a whole.
    pub(crate) fn whole(self) -> Self {
        Self { node: None, ..self }
    }

    /// A place below that nobody owns.
    pub(crate) fn unowned(self) -> Self {
        Self { node: None, own: 0, settled: false, ..self }
    }

    /// Whether the value here is replaced as a whole, as far as anybody knows.
    pub(crate) fn is_atomic(self) -> bool {
        self.node.is_none()
    }

    /// Whether we own it.
    pub(crate) fn is_ours(self) -> bool {
        self.own & self.ours != 0
    }

    /// Its managers other than us.
    pub(crate) fn others(self) -> Managers {
        self.own & !self.ours
    }
}
