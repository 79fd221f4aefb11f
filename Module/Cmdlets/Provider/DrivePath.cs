using System.Globalization;
using Containers.Engine.Copying;

namespace Containers.Cmdlets;

/// <summary>
/// A path of the drive, taken apart:
/// <code>
/// containers/NAME/fs/PATH     containers/NAME/log
/// images/REFERENCE/fs/PATH    images/REFERENCE/layers/N/PATH
/// volumes/NAME/PATH
/// </code>
/// In a reference "+" stands for "/" and "=" for ":", neither of which a reference can have: localhost=5000+team+app=1. PowerShell takes a
/// backslash for a separator; in a file's name it is the lone surrogate U+DC5C, as bytes that are no UTF-8 are U+DC80 and above.
/// </summary>
internal sealed record DrivePath
{
    internal const string ContainersFolder = "containers";

    internal const string ImagesFolder = "images";

    internal const string VolumesFolder = "volumes";

    internal const string FilesFolder = "fs";

    internal const string LayersFolder = "layers";

    internal const string LogEntry = "log";

    private const char HiddenBackslash = '\uDC5C';

    internal DriveNode Node { get; private init; }

    /// <summary>Container, image or volume.</summary>
    internal string Name { get; private init; } = "";

    /// <summary>Whose files; for <see cref="DriveNode.File"/>.</summary>
    internal FilePlace? Place { get; private init; }

    /// <summary>In the place.</summary>
    internal string Path { get; private init; } = "/";

    /// <summary>The path again, in one form, without separators at its ends.</summary>
    internal string Text { get; private init; } = "";

    /// <summary>The segment after which the files begin is the root of a place.</summary>
    internal bool IsPlaceRoot => Node == DriveNode.File && Path == "/";

    internal static DrivePath Parse(string path)
    {
        string[] parts = path.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);
        return (parts switch
        {
            [] => new DrivePath { Node = DriveNode.Root },
            [var top] when Is(top, ContainersFolder) => new DrivePath { Node = DriveNode.Containers },
            [var top] when Is(top, ImagesFolder) => new DrivePath { Node = DriveNode.Images },
            [var top] when Is(top, VolumesFolder) => new DrivePath { Node = DriveNode.Volumes },
            [var top, var name, ..] when Is(top, VolumesFolder) => File(name, new FilePlace(FilePlaceKind.Volume, name), parts[2..]),
            [var top, var name] when Is(top, ContainersFolder) => new DrivePath { Node = DriveNode.Container, Name = name },
            [var top, var name] when Is(top, ImagesFolder) => new DrivePath { Node = DriveNode.Image, Name = Reference(name) },
            [var top, var name, var entry] when Is(top, ContainersFolder) && Is(entry, LogEntry) =>
                new DrivePath { Node = DriveNode.Log, Name = name },
            [var top, var name, var entry] when Is(top, ImagesFolder) && Is(entry, LayersFolder) =>
                new DrivePath { Node = DriveNode.Layers, Name = Reference(name) },
            [var top, var name, var entry, ..] when Is(top, ContainersFolder) && Is(entry, FilesFolder) =>
                File(name, FilePlace.Container(name), parts[3..]),
            [var top, var name, var entry, ..] when Is(top, ImagesFolder) && Is(entry, FilesFolder) =>
                File(Reference(name), new FilePlace(FilePlaceKind.Image, Reference(name)), parts[3..]),
            [var top, var name, var entry, var layer, ..] when Is(top, ImagesFolder) && Is(entry, LayersFolder)
                && int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out int number) =>
                File(Reference(name), new FilePlace(FilePlaceKind.Layer, Reference(name), number), parts[4..]),
            _ => new DrivePath { Node = DriveNode.None },
        }) with
        {
            Text = string.Join('/', parts),
        };
    }

    /// <summary>The name of a child as a segment.</summary>
    internal static string Segment(string fileName) => fileName.Replace('\\', HiddenBackslash);

    internal static string ReferenceSegment(string reference)
    {
        string name = reference.EndsWith(":latest", StringComparison.Ordinal) ? reference[..^":latest".Length] : reference;
        return name.Replace('/', '+').Replace(':', '=');
    }

    private static DrivePath File(string name, FilePlace place, string[] parts) => new()
    {
        Node = DriveNode.File,
        Name = name,
        Place = place,
        Path = "/" + string.Join('/', parts).Replace(HiddenBackslash, '\\'),
    };

    private static string Reference(string segment) => segment.Replace('+', '/').Replace('=', ':');

    private static bool Is(string part, string word) => part.Equals(word, StringComparison.OrdinalIgnoreCase);
}
