"""Reports: templates ask and arrange, renderers turn a report into a file."""
