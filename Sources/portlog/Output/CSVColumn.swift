/// One column of a CSV document.
struct CSVColumn<Entry> {
    /// Its name: the JSON name, with the outer object's before it for a nested one (`peak_used`).
    var name: String
    /// What it holds for an entry.
    var value: (Entry) -> CSVValue

    /// A column of a name and a value: `CSVColumn("local_port", \.localPort)`.
    init(_ name: String, _ value: @escaping (Entry) -> some CSVConvertible) {
        self.name = name
        self.value = { value($0).csvValue }
    }
}
