using Containers.Engine.Building.Checking;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;

namespace Containers.Engine;

/// <content>Checking Dockerfiles without building them.</content>
public sealed partial class ContainerEngine
{
    /// <summary>What is to be said about a Dockerfile; nothing is run, pulled or written.</summary>
    /// <param name="name">As findings should call it.</param>
    /// <param name="content">UTF-8.</param>
    /// <param name="directory">The context, whose .dockerignore is looked at; null for none.</param>
    /// <param name="arguments">Build arguments.</param>
    /// <exception cref="EngineException">InvalidIgnoreFile.</exception>
    public IReadOnlyList<ContainerFileFinding> CheckContainerFile(
        string name, ReadOnlySpan<byte> content, string? directory, IReadOnlyDictionary<string, string> arguments)
    {
        IgnoreFile? ignore = directory is null ? null : IgnoreFile.Find(directory, Path.GetFileName(name));
        return DockerfileChecker.Check(name, content, arguments, Facts, ignore);
    }

    /// <summary>What a Dockerfile can be asked for: the stages it names, and the arguments it takes with their defaults.</summary>
    /// <exception cref="EngineException">InvalidDockerfile.</exception>
    public static (IReadOnlyList<string> Stages, IReadOnlyDictionary<string, string?> Arguments) OutlineContainerFile(string name, byte[] content)
    {
        Dockerfile file = DockerfileParser.Parse(SourceText.FromBytes(name, content));
        Dictionary<string, string?> arguments = new(StringComparer.Ordinal);
        foreach (ArgumentDefinition argument in file.GlobalArgs.Concat(file.Stages.SelectMany(stage => stage.Instructions.OfType<ArgInstruction>()))
            .SelectMany(instruction => instruction.Arguments))
        {
            arguments[argument.Name] = argument.Default ?? arguments.GetValueOrDefault(argument.Name);
        }

        return ([.. file.Stages.Select(stage => stage.WrittenAlias?.Text).OfType<string>()], arguments);
    }

    /// <summary>The content of a Dockerfile, not more than one may have.</summary>
    /// <exception cref="EngineException">DockerfileTooLarge.</exception>
    public static byte[] ReadContainerFile(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        byte[] content = new byte[Math.Min(file.CanSeek ? file.Length + 1 : long.MaxValue, SourceText.MaxBytes + 1L)];
        int length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return length < content.Length ? content[..length] : throw SourceText.TooLarge(path); // Or it grows while it is read.
    }

    /// <summary>An image of this host, or null; a store that this user may not read has none.</summary>
    private BaseImageFacts? Facts(string name)
    {
        try
        {
            ImageConfig config = Images.Open(name).Config;
            return new BaseImageFacts(
                config.Config.Env, config.Config.Shell.Count > 0,
                new ImagePlatform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant }, config.Config.OnBuild);
        }
        catch (EngineException)
        {
            return null;
        }
    }
}
