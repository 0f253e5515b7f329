import PortReports

/// A main list of a report: its entries by number, and how it is without any.
protocol EntryList: RandomAccessCollection where Index == Int {
    /// The empty list.
    init()
}

extension Array: EntryList {}
extension SocketList: EntryList {}
