/// The tables of closed intervals: alike in their columns, apart in what they hold and for how long.
enum IntervalTable: String, CaseIterable {
    /// Everything else, kept as long as samples are.
    case sockets = "interval"
    /// TCP listeners, and UDP sockets that are no client's: kept as long as hours are.
    case listeners = "listener_interval"
}
