//! [`Edge`]: one object waits for another, and why.

use std::fmt;

use suimon_model::Location;

/// Why one object waits for another, the strongest reason first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeReason {
    /// The annotation `suimon.dev/depends-on`.
    DependsOn,
    /// The annotation `config.kubernetes.io/depends-on`.
    CliUtilsDependsOn,
    /// A `ref()` in a template reads this attribute of the other object.
    Ref {
        /// Which value is read.
        attribute: Box<str>,
    },
    /// An ACK object names the other one in this field, such as `clusterRef`.
    AckRef {
        /// The field's key.
        field: Box<str>,
    },
    /// The annotation `argocd.argoproj.io/sync-wave`.
    SyncWave {
        /// The wave of the object that waits.
        from: i64,
        /// The earlier wave, that it waits for.
        to: i64,
    },
    /// Kubernetes or AWS implies it; the text says by what: `namespace`, `EKS cluster`, ….
    Implied(&'static str),
}

impl fmt::Display for EdgeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DependsOn => f.write_str("suimon.dev/depends-on"),
            Self::CliUtilsDependsOn => f.write_str("config.kubernetes.io/depends-on"),
            Self::Ref { attribute } => write!(f, "ref() reads {attribute}"),
            Self::AckRef { field } => write!(f, "{field}"),
            Self::SyncWave { from, to } => write!(f, "sync-wave {from} after {to}"),
            Self::Implied(what) => f.write_str(what),
        }
    }
}

/// One object waits for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The object that waits.
    pub dependent: usize,
    /// What it waits for.
    pub dependency: usize,
    /// Why.
    pub reason: EdgeReason,
    /// Where the waiting object is declared: it is what says so.
    pub location: Location,
}

/// Every object of one group waits for every object of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barrier {
    /// The objects that wait, ascending.
    pub dependents: Vec<usize>,
    /// What they wait for, ascending.
    pub dependencies: Vec<usize>,
    /// Why.
    pub reason: EdgeReason,
}
