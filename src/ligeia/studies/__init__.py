"""Questions from the papers, one file each: settings, rows, figures. Nobody imports them but the command line."""
