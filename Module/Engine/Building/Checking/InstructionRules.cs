using System.Globalization;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Launch;

namespace Containers.Engine.Building.Checking;

/// <summary>
/// What makes an instruction impossible whatever the images and the context are. The same rules before a build's first step, at each step, and
/// for those who only test a file.
/// </summary>
internal static class InstructionRules
{
    /// <summary>Whether a word is the same before and after its variables are replaced.</summary>
    internal static bool IsPlain(Word word) => word.Text.AsSpan().IndexOfAny("$\\`\"'") < 0;

    /// <param name="isKnown">Whether a word is what it will be; others are passed over until their variables are known.</param>
    /// <exception cref="EngineException">InvalidDockerfile, InvalidChecksum.</exception>
    internal static void Check(Instruction instruction, Func<Word, bool> isKnown)
    {
        switch (instruction)
        {
            case ExposeInstruction expose:
                foreach (Word port in expose.Ports.Where(isKnown))
                {
                    _ = Ports(port);
                }

                break;
            case StopSignalInstruction stop when isKnown(stop.Signal):
                CheckSignal(stop.Signal);
                break;
            case UserInstruction user when isKnown(user.User):
                RequireText(user.User, "USER needs a user");
                break;
            case WorkdirInstruction workdir when isKnown(workdir.Path):
                RequireText(workdir.Path, "WORKDIR needs a directory");
                break;
            case VolumeInstruction volume:
                foreach (Word path in volume.Paths.Where(isKnown))
                {
                    RequireText(path, "a volume needs a path");
                }

                break;
            case FileInstruction file:
                CheckFiles(file, isKnown);
                break;
        }
    }

    /// <summary>80, 80/udp, 8000-8010: a range is each of its ports, as docker writes it down. What is said of the host is passed over.</summary>
    /// <exception cref="EngineException">InvalidDockerfile.</exception>
    internal static IEnumerable<string> Ports(Word word)
    {
        string text = word.Text.ToLowerInvariant();
        string port;
        try
        {
            port = ImageConfigBuilder.Port(text[(text.LastIndexOf(':') + 1)..]);
        }
        catch (EngineException e)
        {
            throw SourceText.Error(word.Range, "InvalidDockerfile", $"'{word.Text}' is no port", "Write port[-last][/tcp, /udp or /sctp].", inner: e);
        }

        string[] parts = port.Split('/');
        string[] range = parts[0].Split('-');
        int first = int.Parse(range[0], CultureInfo.InvariantCulture);
        int last = int.Parse(range[^1], CultureInfo.InvariantCulture);
        return last >= first
            ? Enumerable.Range(first, last - first + 1).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number}/{parts[1]}"))
            : throw SourceText.Invalid(word.Range, $"'{word.Text}' is no port: the range ends before it begins");
    }

    /// <summary>--chmod.</summary>
    /// <exception cref="EngineException">InvalidDockerfile.</exception>
    internal static ModeChange Mode(Word word) => ModeChange.Parse(word.Text) ?? throw SourceText.Invalid(
        word.Range, $"'{word.Text}' is no mode", "Write octal digits, such as 755, or clauses, such as u=rwX,go=rX.");

    private static void RequireText(Word word, string otherwise)
    {
        if (string.IsNullOrWhiteSpace(word.Text))
        {
            throw SourceText.Invalid(word.Range, otherwise);
        }
    }

    private static void CheckSignal(Word word)
    {
        try
        {
            _ = SignalNames.Parse(word.Text);
        }
        catch (EngineException e)
        {
            throw SourceText.Error(word.Range, "InvalidDockerfile", $"there is no signal '{word.Text}'", inner: e);
        }
    }

    private static void CheckFiles(FileInstruction file, Func<Word, bool> isKnown)
    {
        if (file.Chmod is { Text.Length: > 0 } mode && isKnown(mode))
        {
            _ = Mode(mode);
        }

        if (isKnown(file.Destination) && file.Destination.Text.Length == 0)
        {
            throw SourceText.Invalid(file.Destination.Range, "the destination is empty");
        }

        if (file is not AddInstruction { Checksum: { Text.Length: > 0 } checksum } || !file.Sources.All(isKnown))
        {
            return;
        }

        if (file.Sources.Count != 1 || !RemoteSource.IsFetched(file, file.Sources[0]))
        {
            throw SourceText.Invalid(checksum.Range, "--checksum is for one file or repository that is fetched");
        }

        // Of a repository it is a commit, which may be shortened.
        if (isKnown(checksum) && RemoteSource.IsWeb(file.Sources[0].Text)
            && !(Digest.TryParse(checksum.Text, out Digest digest) && digest.Algorithm == "sha256"))
        {
            throw SourceText.Error(
                checksum.Range, "InvalidChecksum", $"'{checksum.Text}' is no checksum of a file", "Write it as sha256: and 64 hexadecimal digits.",
                EngineErrorKind.InvalidArgument);
        }
    }
}
