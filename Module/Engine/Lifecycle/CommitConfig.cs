using Containers.Engine.Images;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>The configuration of an image that is made of a container: its image's, with what the container was made with, as docker commit does.</summary>
internal static class CommitConfig
{
    /// <exception cref="EngineException">InvalidImageChange, InvalidImageReference.</exception>
    internal static ImageConfig Build(ContainerRecord record, ImageConfig image, CommitOptions options)
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

        DateTimeOffset created = options.Created ?? DateTimeOffset.UtcNow;
        ImageConfig config = image with
        {
            Created = created,
            Author = options.Author,
            Config = Defaults(record.Spec, image.Config),
            History =
            [
                .. image.History,
                new ImageHistory { Created = created, CreatedBy = string.Join(' ', record.Command), Author = options.Author, Comment = options.Message },
            ],
        };
        return ConfigChange.ApplyAll(config, options.Changes);
    }

    /// <summary>What the image says, changed by what the user said of the container.</summary>
    internal static ImageDefaults Defaults(ContainerSpec spec, ImageDefaults image)
    {
        ProcessSpec process = spec.Process;
        Dictionary<string, string> labels = new(image.Labels);
        foreach ((string name, string value) in spec.Labels)
        {
            labels[name] = value;
        }

        IEnumerable<string> ports = spec.Network.Exposed.Concat(spec.Network.Published.Select(one => one.Port)).Select(port => port.ToString());
        return image with
        {
            Entrypoint = process.Entrypoint ?? image.Entrypoint,
            Cmd = process.Command ?? (process.Entrypoint is null ? image.Cmd : []),
            Env = Environment(process, image.Env),
            User = process.User ?? image.User,
            WorkingDir = process.WorkingDirectory ?? image.WorkingDir,
            StopSignal = process.StopSignal ?? image.StopSignal,
            Labels = labels,
            ExposedPorts = [.. image.ExposedPorts.Union(ports).Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>The image's variables as the container had them, then its own: the engine's (HOSTNAME, HOME, links) belong to the container.</summary>
    private static List<string> Environment(ProcessSpec process, IReadOnlyList<string> image)
    {
        static string Name(string variable) => variable.Split('=', 2)[0];
        List<string> all = process.ClearEnvironment ? [] : [.. image.Where(one => !process.RemoveEnvironment.Contains(Name(one)))];
        foreach ((string name, string value) in process.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            int index = all.FindIndex(one => Name(one) == name);
            if (index < 0)
            {
                all.Add(name + "=" + value);
            }
            else
            {
                all[index] = name + "=" + value;
            }
        }

        return all;
    }
}
