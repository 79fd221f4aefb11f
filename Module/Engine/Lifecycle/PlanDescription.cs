using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>A plan for people to read: the namespaces, then the steps, without the bookkeeping of descriptors.</summary>
internal static class PlanDescription
{
    private static readonly (ulong Flag, string Name)[] s_namespaces =
    [
        (Libc.CLONE_NEWNS, "mount"), (Libc.CLONE_NEWPID, "pid"), (Libc.CLONE_NEWUTS, "uts"), (Libc.CLONE_NEWIPC, "ipc"),
        (Libc.CLONE_NEWNET, "network"), (Libc.CLONE_NEWTIME, "time"),
    ];

    internal static IReadOnlyList<PlanStepDescription> Describe(LaunchPlan plan)
    {
        List<PlanStepDescription> steps = [];
        Add("CreateCgroup", plan.Cgroup.CloneIntoDirectory ?? (plan.Cgroup.JoinFiles.Count > 0 ? plan.Cgroup.JoinFiles[0] : "none"), "", "Engine");
        Add(
            "CloneProcess", plan.Id[..12],
            "namespaces " + string.Join(' ', s_namespaces.Where(n => (plan.CloneFlags & n.Flag) != 0).Select(n => n.Name)), "Monitor");
        foreach (LaunchStep step in plan.Steps)
        {
            if (step.Code is not (PlanOpcode.OpenHost or PlanOpcode.OpenBeneath or PlanOpcode.CloseSlot)
                && !(step.Code == PlanOpcode.OpenInRoot && step.Detail.Length == 0))
            {
                Add(Action(step.Code), step.Target, step.Detail, "Container");
            }
        }

        return steps;

        static string Action(PlanOpcode code) => code switch
        {
            PlanOpcode.WriteInSlot => "SetKernelParameter",
            PlanOpcode.JoinNetworkDescriptor => "JoinNamespace",
            _ => code.ToString(),
        };

        void Add(string action, string target, string detail, string by) =>
            steps.Add(new PlanStepDescription(steps.Count + 1, action, target, detail, by));
    }
}
