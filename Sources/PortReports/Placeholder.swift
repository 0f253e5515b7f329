enum PortReportsPlaceholder {}
