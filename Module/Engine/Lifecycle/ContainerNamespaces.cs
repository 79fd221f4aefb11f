namespace Containers.Engine.Lifecycle;

/// <summary>Namespaces of a container that a program of the host can be run in.</summary>
[Flags]
public enum ContainerNamespaces
{
    None = 0,

    /// <summary>Interfaces, addresses, routes, sockets; and the container's /etc/hosts and /etc/resolv.conf.</summary>
    Network = 1,

    /// <summary>The host name.</summary>
    Uts = 2,

    /// <summary>Shared memory, semaphores, message queues.</summary>
    Ipc = 4,

    /// <summary>Refused: the program would see the host's /proc and take other processes for the ones it means.</summary>
    Pid = 8,

    /// <summary>Refused: the program and its files would be the container's. That is what running a command in it does.</summary>
    Mount = 16,
}
