import ArgumentParser
@main struct PortLoad: ParsableCommand { }
