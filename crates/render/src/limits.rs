//! What untrusted files may cost. Every limit is named in the error that it causes.

/// Nesting of a YAML document or of a rendered value. `serde_json` reads 128 levels.
pub(crate) const DEPTH: usize = 100;
/// Nodes (mappings, lists, scalars, keys) of one YAML document.
pub(crate) const NODES: usize = 1_000_000;
/// Nodes that aliases may add to one file.
pub(crate) const ALIAS_NODES: usize = 100_000;
/// Bytes of text that aliases may add to one file.
pub(crate) const ALIAS_BYTES: usize = 16 << 20;
/// Objects of one environment.
pub(crate) const OBJECTS: usize = 200_000;
/// Bytes that one template may render: 100,000 small objects, and no more than a worker of 256 MB can
/// hold while its buffer grows.
pub(crate) const TEMPLATE_OUTPUT: usize = 48 << 20;
/// Bytes that all templates of one environment may render.
pub(crate) const TOTAL_OUTPUT: usize = 256 << 20;
/// Bytes of all instances' merged values.
pub(crate) const VALUES: usize = 128 << 20;
/// Bytes of all policies of a project.
pub(crate) const POLICY_BYTES: usize = 4 << 20;
/// Longest chain of includes or extends.
pub(crate) const INCLUDE_DEPTH: usize = 20;
/// Errors reported for one file before the rest is left out.
pub(crate) const ERRORS_PER_FILE: usize = 50;

/// `16777216` as `16 MiB`.
pub(crate) fn mebibytes(bytes: usize) -> String {
    format!("{} MiB", bytes >> 20)
}
