enum ProcFSPlaceholder {}
