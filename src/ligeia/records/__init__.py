"""Results as rows: journal, environment, statistics, tables, report."""
