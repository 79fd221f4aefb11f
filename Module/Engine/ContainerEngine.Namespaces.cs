using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Runs a program of the host in namespaces of a container, with the host's files and all of this user's rights.</summary>
    /// <param name="nameOrId">A container that runs.</param>
    /// <param name="which">Network, Uts, Ipc, or several.</param>
    /// <param name="program">Absolute path on the host.</param>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="environment">NAME=VALUE each.</param>
    /// <param name="input">The whole of its standard input.</param>
    /// <exception cref="EngineException">ContainerNotRunning, NamespaceNotSupported.</exception>
    public NamespaceSession StartInNamespaces(
        string nameOrId, ContainerNamespaces which, string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment,
        ReadOnlySpan<byte> input)
    {
        if ((which & ~(ContainerNamespaces.Network | ContainerNamespaces.Uts | ContainerNamespaces.Ipc)) is not 0 and { } refused)
        {
            throw new EngineException(
                EngineErrorKind.NotImplemented, "NamespaceNotSupported",
                $"A program of the host does not run in a container's {refused} namespace: it would see the files and processes of the one under the names of the other.",
                refused, "Choose Network, Uts or Ipc, or run a command of the container's own.");
        }

        string id = _store.Resolve(nameOrId);
        Container container = _store.Get(id);
        if (!container.IsRunning)
        {
            throw NotRunning(container);
        }

        List<(string Host, string Shown)> files = [];
        if (which.HasFlag(ContainerNamespaces.Network) && container.Spec?.Network.Mode != NetworkSpec.Host)
        {
            // Whoever shares another's network has its files.
            string owner = container.Spec?.Network.Mode is { } mode && mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal)
                ? mode[NamespaceSpec.ContainerPrefix.Length..] : id;
            files.AddRange(((string[])["hosts", "resolv.conf"]).Select(file => ("/etc/" + file, _paths.Run(owner) + "/" + file))
                .Where(pair => File.Exists(pair.Item1) && File.Exists(pair.Item2)));
        }

        try
        {
            return NamespaceLauncher.Start(container, which, files, program, arguments, environment, input);
        }
        catch (LinuxException e) when (e.Errno is Errno.ESRCH || (e.Errno is Errno.ENOENT && e.Call == "open"))
        {
            throw NotRunning(_store.Get(id)); // It ended in this moment.
        }
    }
}
