"""Models of others: they run where their package is installed, with weights from a local folder."""
