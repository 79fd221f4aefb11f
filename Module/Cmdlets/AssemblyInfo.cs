using System.Runtime.Versioning;

// Loads anywhere, so that a profile shared between systems still works; the first cmdlet says that it runs on Linux only.
[assembly: SupportedOSPlatform("linux")]
