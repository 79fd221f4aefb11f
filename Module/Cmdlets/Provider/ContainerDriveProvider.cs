using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Provider;
using Containers.Engine;
using Containers.Engine.Copying;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>
/// The drive Container: containers, images and volumes with their files, to look at. Nothing is changed through it, and nothing is mounted longer than one
/// question takes. See <see cref="DrivePath"/> for its paths.
/// </summary>
[CmdletProvider("Container", ProviderCapabilities.Filter)]
[OutputType(typeof(Container), typeof(ContainerImage), typeof(ContainerFile), typeof(ImageLayer), typeof(ContainerVolume), ProviderCmdlet = "Get-ChildItem")]
[OutputType(typeof(Container), typeof(ContainerImage), typeof(ContainerFile), typeof(ImageLayer), typeof(ContainerVolume), ProviderCmdlet = "Get-Item")]
public sealed partial class ContainerDriveProvider : NavigationCmdletProvider
{
    private const uint MaxDepth = 1000;

    private static ContainerEngine Engine => EngineAccess.Current;

    protected override Collection<PSDriveInfo> InitializeDefaultDrives() => OperatingSystem.IsLinux()
        ? [new PSDriveInfo("Container", ProviderInfo, "", "Containers, images and volumes with their files.", null)]
        : [];

    protected override bool IsValidPath(string path) => true;

    protected override bool ItemExists(string path) => Try(() => Exists(DrivePath.Parse(path)), quiet: true);

    protected override bool IsItemContainer(string path) => Try(
        () =>
        {
            DrivePath at = DrivePath.Parse(path);
            return at.Node == DriveNode.File ? IsDirectory(at) : at.Node is not (DriveNode.None or DriveNode.Log);
        },
        quiet: true);

    protected override bool HasChildItems(string path) => Try(
        () =>
        {
            DrivePath at = DrivePath.Parse(path);
            return at.Node switch
            {
                DriveNode.None or DriveNode.Log => false,
                DriveNode.File => IsDirectory(at) && WithFiles(at, view => view.List(at.Path).Count > 0),
                _ => true,
            };
        },
        quiet: true);

    protected override void GetItem(string path) => Try(() =>
    {
        DrivePath at = DrivePath.Parse(path);
        (object Item, bool IsContainer)? found = Item(at);
        if (found is not { } item)
        {
            throw NotFound(path);
        }

        WriteItemObject(item.Item, at.Text, item.IsContainer);
        return true;
    });

    protected override void GetChildItems(string path, bool recurse) => GetChildItems(path, recurse, MaxDepth);

    protected override void GetChildItems(string path, bool recurse, uint depth) => Try(() =>
    {
        WriteChildren(DrivePath.Parse(path), recurse ? depth : 0, namesOnly: false);
        return true;
    });

    protected override void GetChildNames(string path, ReturnContainers returnContainers) => Try(() =>
    {
        WriteChildren(DrivePath.Parse(path), 0, namesOnly: true);
        return true;
    });

    private static string Join(string parent, string child) => parent.Length == 0 ? child : parent + "/" + child;

    private static bool Exists(DrivePath at)
    {
        switch (at.Node)
        {
            case DriveNode.None:
                return false;
            case DriveNode.Container or DriveNode.Log:
                _ = Engine.Get(at.Name);
                return true;
            case DriveNode.Image or DriveNode.Layers:
                _ = Engine.Images.Get(at.Name);
                return true;
            case DriveNode.File:
                return WithFiles(at, view => view.Find(at.Path) is not null);
            default:
                return true;
        }
    }

    private static bool IsDirectory(DrivePath at) => WithFiles(at, view => view.Find(at.Path, followLast: true) is { IsDirectory: true });

    private static T WithFiles<T>(DrivePath at, Func<FileView, T> look)
    {
        using FileView view = Engine.OpenFiles(at.Place!, write: false, CancellationToken.None);
        return look(view);
    }

    private static (object, bool)? Item(DrivePath at)
    {
        switch (at.Node)
        {
            case DriveNode.Root:
                return (new DriveFolder { Name = "Container:", Description = "Containers, images and volumes with their files." }, true);
            case DriveNode.Containers:
                return (Folders()[0], true);
            case DriveNode.Images:
                return (Folders()[1], true);
            case DriveNode.Volumes:
                return (Folders()[2], true);
            case DriveNode.Container:
                return (Engine.Get(at.Name), true);
            case DriveNode.Log:
                _ = Engine.Get(at.Name);
                return (Log, false);
            case DriveNode.Image:
                return (Engine.Images.Get(at.Name) with { }, true);
            case DriveNode.Layers:
                _ = Engine.Images.Get(at.Name);
                return (Layers, true);
            case DriveNode.File when at is { IsPlaceRoot: true, Place.Kind: FilePlaceKind.Volume }:
                return (Engine.GetVolume(at.Name) with { }, true);
            case DriveNode.File:
                return WithFiles<(object, bool)?>(at, view => view.Find(at.Path) is not { } file
                    ? null
                    : (file, file.IsDirectory || view.Find(at.Path, followLast: true) is { IsDirectory: true }));
            default:
                return null;
        }
    }

    private static DriveFolder[] Folders() =>
    [
        new() { Name = DrivePath.ContainersFolder, Description = "Containers, each with its files (fs) and its log." },
        new() { Name = DrivePath.ImagesFolder, Description = "Images, each with its files (fs) and its layers; + stands for / and = for :." },
        new() { Name = DrivePath.VolumesFolder, Description = "Volumes, each with its files." },
    ];

    // Each time a new one: PowerShell remembers the path of an item with the object.
    private static DriveFolder Files => new() { Name = DrivePath.FilesFolder, Description = "The files, as a container sees them." };

    private static DriveFolder Layers => new() { Name = DrivePath.LayersFolder, Description = "What each layer holds; 0 is the bottom." };

    private static DriveFolder Log => new() { Name = DrivePath.LogEntry, Description = "What the container wrote." };

    private void WriteChildren(DrivePath at, uint depth, bool namesOnly)
    {
        switch (at.Node)
        {
            case DriveNode.Root:
                WriteAll(at, Folders().Select(folder => (folder.Name, (object)folder, true)), depth, namesOnly);
                break;
            case DriveNode.Containers:
                WriteAll(at, Engine.List().Select(container => (container.Name, (object)container, true)), depth, namesOnly);
                break;
            case DriveNode.Container:
                _ = Engine.Get(at.Name);
                WriteAll(at, [(Files.Name, Files, true), (Log.Name, Log, false)], depth, namesOnly);
                break;
            case DriveNode.Images:
                WriteAll(at, Engine.Images.List().SelectMany(Named), depth, namesOnly);
                break;
            case DriveNode.Volumes:
                WriteAll(at, Engine.ListVolumes(withSize: false, CancellationToken.None).Select(volume => (volume.Name, (object)volume, true)), depth, namesOnly);
                break;
            case DriveNode.Image:
                _ = Engine.Images.Get(at.Name);
                WriteAll(at, [(Files.Name, Files, true), (Layers.Name, Layers, true)], depth, namesOnly);
                break;
            case DriveNode.Layers:
                WriteAll(
                    at, Engine.GetLayers(at.Name).Select(layer => (layer.Index.ToString(CultureInfo.InvariantCulture), (object)layer, true)), depth,
                    namesOnly);
                break;
            case DriveNode.File:
                _ = WithFiles(at, view =>
                {
                    WriteFiles(view, at.Path, at.Text, depth, namesOnly);
                    return true;
                });
                break;
            default:
                throw NotFound(at.Text);
        }
    }

    private void WriteAll(DrivePath parent, IEnumerable<(string Name, object Item, bool IsContainer)> children, uint depth, bool namesOnly)
    {
        foreach ((string name, object item, bool isContainer) in children)
        {
            string path = Join(parent.Text, name);
            if (Fits(name))
            {
                WriteItemObject(namesOnly ? name : item, path, isContainer);
            }

            if (depth > 0 && isContainer && !Stopping)
            {
                _ = Try(() =>
                {
                    WriteChildren(DrivePath.Parse(path), depth - 1, namesOnly);
                    return true;
                });
            }
        }
    }

    private void WriteFiles(FileView view, string directory, string parent, uint depth, bool namesOnly)
    {
        foreach (ContainerFile file in view.List(directory))
        {
            if (Stopping)
            {
                return;
            }

            string segment = DrivePath.Segment(file.Name);
            string path = Join(parent, segment);
            bool isContainer = file.IsDirectory
                || (file.Type == ContainerFileType.SymbolicLink && view.Find(file.ContainerPath, followLast: true) is { IsDirectory: true });
            if (Fits(segment))
            {
                WriteItemObject(namesOnly ? segment : file, path, isContainer);
            }

            // Not through links, which may lead in circles.
            if (depth > 0 && file.IsDirectory)
            {
                _ = Try(() =>
                {
                    WriteFiles(view, file.ContainerPath, path, depth - 1, namesOnly);
                    return true;
                });
            }
        }
    }

    /// <summary>An image by each of its names; one without a name by its id.</summary>
    private static IEnumerable<(string, object, bool)> Named(ContainerImage image) => image.References.Count == 0
        ? [(image.ShortId, image with { }, true)]
        : image.References.Select(reference => (DrivePath.ReferenceSegment(reference), (object)Under(image, reference), true));

    private static ContainerImage Under(ContainerImage image, string reference)
    {
        int colon = reference.LastIndexOf(':');
        return colon > reference.LastIndexOf('/') ? image with { Repository = reference[..colon], Tag = reference[(colon + 1)..] } : image with { };
    }

    private bool Fits(string name) => string.IsNullOrEmpty(Filter)
        || WildcardPattern.Get(Filter, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant).IsMatch(name);

    private static EngineException NotFound(string path) => new(
        EngineErrorKind.ObjectNotFound, "DrivePathNotFound", $"There is no \"Container:/{path.TrimStart('/', '\\')}\".", path,
        "Run Get-ChildItem on the folder above to see what there is.");

    /// <summary>Runs one question; a failure is an error of the cmdlet, or with <paramref name="quiet"/> the answer no.</summary>
    private bool Try(Func<bool> question, bool quiet = false)
    {
        try
        {
            return question();
        }
        catch (EngineException e)
        {
            Tell(e, quiet);
        }
        catch (LinuxException e)
        {
            Tell(EngineException.From(e), quiet);
        }

        return false;
    }

    private void Tell(EngineException failure, bool quiet)
    {
        if (!quiet)
        {
            WriteError(ErrorRecords.From(failure));
        }
    }
}
