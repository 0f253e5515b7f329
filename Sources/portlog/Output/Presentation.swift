/// How the report of a command looks in each format. Implemented beside the command, never in PortReports.
///
/// The report's own `Encodable` conformance is its JSON; what is here says where its main list is, and how that becomes
/// rows.
protocol Presentation: Encodable {
    /// An entry of the main list.
    associatedtype Entry: Encodable

    /// The main list: an array, or whatever makes its entries when they are asked for.
    associatedtype Entries: EntryList where Entries.Element == Entry

    /// The main list: its JSON name at the top of the document, and where it is. The document is encoded with the list
    /// empty, then the entries follow one by one into their place, so that a long list needs little memory.
    static var list: MainList<Self, Entries> { get }

    /// The CSV columns, one row for each entry of the main list, with the names of the JSON.
    static var csv: [CSVColumn<Entry>] { get }

    /// The columns of the table.
    func columns(on page: Page) -> [TableColumn<Entry>]

    /// What stands beneath the row of an entry, where columns are no place for it. Nothing by default; an empty line
    /// stands between entries that have something.
    func details(of entry: Entry, on page: Page) -> [Block]

    /// What stands before the table. Nothing by default.
    func head(on page: Page) -> [Block]

    /// What stands after the table. Nothing by default.
    func tail(on page: Page) -> [Block]

    /// How many entries are left out of the main list. 0 by default.
    var omitted: Int { get }

    /// How many of them a higher limit would show. All by default.
    var shownByLimit: Int { get }

    /// What a table without entries says instead: `no sockets`.
    var nothing: String { get }
}

extension Presentation {
    func details(of entry: Entry, on page: Page) -> [Block] { [] }
    func head(on page: Page) -> [Block] { [] }
    func tail(on page: Page) -> [Block] { [] }
    var omitted: Int { 0 }
    var shownByLimit: Int { omitted }

    /// The entries of the main list.
    var entries: Entries { self[keyPath: Self.list.entries] }

    /// The report without the entries of its main list.
    func withoutEntries() -> Self {
        var copy = self
        copy[keyPath: Self.list.entries] = Entries()
        return copy
    }
}

/// Where the main list of a report is.
struct MainList<Report, Entries: EntryList> {
    /// Its name in the JSON.
    var name: String
    /// The property.
    var entries: WritableKeyPath<Report, Entries>

    /// A list of its name and property.
    init(_ name: String, _ entries: WritableKeyPath<Report, Entries>) {
        self.name = name
        self.entries = entries
    }
}
