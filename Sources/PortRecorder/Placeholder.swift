enum PortRecorderPlaceholder {}
