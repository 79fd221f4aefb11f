namespace Containers.Engine.Events;

/// <summary>Docker's words for what happens.</summary>
public static class EventActions
{
    public const string Attach = "attach";
    public const string Build = "build";
    public const string Commit = "commit";
    public const string Connect = "connect";
    public const string Copy = "copy";
    public const string Create = "create";
    public const string Delete = "delete";
    public const string Destroy = "destroy";
    public const string Die = "die";
    public const string Disconnect = "disconnect";
    public const string ExecDie = "exec_die";
    public const string ExecStart = "exec_start";
    public const string Export = "export";
    public const string HealthStatus = "health_status";
    public const string Import = "import";
    public const string Kill = "kill";
    public const string Load = "load";
    public const string OutOfMemory = "oom";
    public const string Pause = "pause";
    public const string Pull = "pull";
    public const string Push = "push";
    public const string Rename = "rename";
    public const string Restart = "restart";
    public const string Save = "save";
    public const string Start = "start";
    public const string Stop = "stop";
    public const string Tag = "tag";
    public const string Unpause = "unpause";
    public const string Untag = "untag";
    public const string Update = "update";

    /// <summary>All of them, for completion.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Attach, Build, Commit, Connect, Copy, Create, Delete, Destroy, Die, Disconnect, ExecDie, ExecStart, Export, HealthStatus, Import,
        Kill, Load, OutOfMemory, Pause, Pull, Push, Rename, Restart, Save, Start, Stop, Tag, Unpause, Untag, Update,
    ];
}
