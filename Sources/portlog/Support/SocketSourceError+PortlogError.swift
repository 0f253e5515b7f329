import PortRecorder

extension SocketSourceError: PortlogErrorConvertible {
    /// What was asked for on the command line cannot be had, now or later.
    var portlogError: PortlogError {
        PortlogError(
            .unavailable, "cannot ask sock_diag for sockets", why: reason,
            whatToDo: "Record with --source proc, which goes without TCP sockets that are bound and do not listen.")
    }
}
