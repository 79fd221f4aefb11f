using System.Globalization;
using System.Runtime.InteropServices;

namespace Containers.Engine.Images;

/// <summary>Turns the options of an import into a configuration; says what is wrong before anything is read.</summary>
internal static class ImageConfigBuilder
{
    /// <exception cref="EngineException">InvalidImageOption, InvalidImageReference, InvalidImageChange.</exception>
    internal static ImageConfig Build(ImageImportOptions options, string createdBy)
    {
        foreach (ImageReference reference in options.References)
        {
            if (reference.Digest is not null)
            {
                throw new EngineException(
                    EngineErrorKind.InvalidArgument, "InvalidImageReference", $"'{reference}' names a digest; an image cannot be named so.",
                    reference.ToString(), "Leave the digest out.");
            }
        }

        foreach (string variable in options.Environment)
        {
            Check(variable.IndexOf('=', StringComparison.Ordinal) > 0, variable, "an environment variable is written NAME=value");
        }

        Check(options.WorkingDirectory is null or ['/', ..], options.WorkingDirectory, "a working directory is an absolute path");
        foreach (string volume in options.Volumes)
        {
            Check(volume is ['/', _, ..], volume, "a volume is an absolute path below /");
        }

        foreach (string text in options.Environment.Concat(options.Command).Concat(options.Entrypoint).Concat(options.Volumes)
            .Append(options.User ?? string.Empty).Append(options.WorkingDirectory ?? string.Empty))
        {
            Check(!text.Contains('\0', StringComparison.Ordinal), text, "it contains a NUL character");
        }

        (string os, string architecture, string? variant) = Platform(options.Platform);
        DateTimeOffset created = options.Created ?? DateTimeOffset.UtcNow;
        ImageConfig config = new()
        {
            Architecture = architecture,
            Os = os,
            Variant = variant,
            Created = created,
            Author = options.Author,
            Config = new ImageDefaults
            {
                User = options.User,
                Env = options.Environment,
                Entrypoint = options.Entrypoint,
                Cmd = options.Command,
                WorkingDir = options.WorkingDirectory,
                Labels = options.Labels,
                StopSignal = options.StopSignal,
                ExposedPorts = [.. options.ExposedPorts.SelectMany(Ports).Distinct(StringComparer.Ordinal)],
                Volumes = options.Volumes,
            },
            History = [new ImageHistory { Created = created, CreatedBy = createdBy, Author = options.Author, Comment = options.Message }],
        };
        return ConfigChange.ApplyAll(config, options.Changes);
    }

    private static (string Os, string Architecture, string? Variant) Platform(string? platform)
    {
        if (platform is null)
        {
            return RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? ("linux", "arm64", "v8") : ("linux", "amd64", null);
        }

        string[] parts = platform.Split('/');
        Check(
            parts.Length is 2 or 3 && parts.All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.')),
            platform, "a platform is written os/architecture[/variant]");
        return (parts[0], parts[1], parts.Length == 3 ? parts[2] : null);
    }

    /// <summary>port[-last][/protocol] with its protocol.</summary>
    internal static string Port(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string protocol = slash < 0 ? "tcp" : text[(slash + 1)..];
        string[] range = (slash < 0 ? text : text[..slash]).Split('-');
        Check(
            protocol is "tcp" or "udp" or "sctp" && range.Length is 1 or 2 && range.All(part =>
                ushort.TryParse(part, NumberStyles.None, null, out ushort port) && port > 0),
            text, "an exposed port is written port[-last][/tcp, /udp or /sctp]");
        return string.Join('-', range) + "/" + protocol;
    }

    /// <summary>Each port of port[-last][/protocol]: other engines read only single ones in an image.</summary>
    internal static IEnumerable<string> Ports(string text)
    {
        string[] parts = Port(text).Split('/');
        int[] range = [.. parts[0].Split('-').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        Check(range[^1] >= range[0], text, "the range ends before it begins");
        return Enumerable.Range(range[0], range[^1] - range[0] + 1).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number}/{parts[1]}"));
    }

    private static void Check(bool holds, string? value, string rule)
    {
        if (!holds)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidImageOption", $"'{value}' cannot be used: {rule}.", value, "Correct the value.");
        }
    }
}
