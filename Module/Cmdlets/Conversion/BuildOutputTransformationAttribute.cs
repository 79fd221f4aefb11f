using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Building;

namespace Containers.Cmdlets;

/// <summary>
/// Outputs in docker's spelling, type=tar,dest=PATH; as hashtables, @{ Type = 'tar'; Destination = PATH }; or as a path: a tar where the name says
/// so, else a directory.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class BuildOutputTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly string[] s_archives = [".tar", ".tgz", ".tar.gz", ".tar.zst", ".tzst"];

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        try
        {
            return Conversions.Rejoin(Conversions.Elements(value)).Select(Convert).ToArray();
        }
        catch (EngineException e)
        {
            throw Conversions.Refuse(e);
        }
    }

    private static BuildOutputTarget Convert(object? element)
    {
        if (element is BuildOutputTarget target)
        {
            return target;
        }

        if (element is IDictionary table)
        {
            return Convert(
                table.Cast<DictionaryEntry>().Select(entry => (Conversions.Text(entry.Key), Conversions.Text(entry.Value))), "the hashtable");
        }

        string text = element is FileSystemInfo file ? file.FullName : Conversions.Text(element);
        return text.StartsWith("type=", StringComparison.OrdinalIgnoreCase) || text.StartsWith("dest=", StringComparison.OrdinalIgnoreCase)
            ? Convert(text.Split(',').Select(part => part.Split('=', 2)).Select(pair => (pair[0].Trim(), pair.Length > 1 ? pair[1] : "")), text)
            : text.Length == 0 || text == "-" ? throw Invalid(text) : new BuildOutputTarget(TypeOf(text), text);
    }

    private static BuildOutputTarget Convert(IEnumerable<(string Key, string Value)> fields, string subject)
    {
        BuildOutputType? type = null;
        string path = "";
        foreach ((string key, string value) in fields)
        {
            switch (key.ToLowerInvariant())
            {
                case "type" when Enum.TryParse(value, ignoreCase: true, out BuildOutputType named) && !char.IsAsciiDigit(value[0]):
                    type = named;
                    break;
                case "dest" or "destination" or "path":
                    path = value;
                    break;
                default:
                    throw Invalid(subject);
            }
        }

        BuildOutputTarget target = new(type ?? TypeOf(path), path);
        return target.Type == BuildOutputType.Image == (path.Length == 0) && path != "-" ? target : throw Invalid(subject);
    }

    private static BuildOutputType TypeOf(string path) =>
        s_archives.Any(end => path.EndsWith(end, StringComparison.OrdinalIgnoreCase)) ? BuildOutputType.Tar : BuildOutputType.Local;

    private static EngineException Invalid(string subject) => new(
        EngineErrorKind.InvalidArgument, "InvalidBuildOutput", $"\"{subject}\" is no build output.", subject,
        "Write a path ('out', 'out.tar'), 'type=local,dest=PATH', or a type of image, tar, local, oci, docker.");
}
