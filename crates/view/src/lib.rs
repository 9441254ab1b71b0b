//! Plan and Report to text, JSON and Markdown.
