using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>Loads a plan file into memory outside the garbage collector's reach and turns its offsets into pointers.</summary>
internal static unsafe class PlanMemory
{
    /// <returns>The plan, or null with <paramref name="errno"/> set: EINVAL for a file that is no plan of this version.</returns>
    internal static PlanHeader* Load(byte* path, out int errno)
    {
        errno = 0;
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            errno = Errno.Last;
            return null;
        }

        PlanHeader* plan = Load(fd, out errno);
        Libc.close(fd);
        return plan;
    }

    /// <summary>The same from an open file, which stays the caller's. <see cref="Free"/> gives the memory back.</summary>
    internal static PlanHeader* Load(int fd, out int errno)
    {
        errno = 0;
        long size = Libc.lseek(fd, 0, 2);
        if (size < sizeof(PlanHeader) || size > PlanFormat.MaximumSize)
        {
            errno = Errno.EINVAL;
            return null;
        }

        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)size, 16);
        nint got = Libc.pread(fd, memory, (nuint)size, 0);
        PlanHeader* plan = (PlanHeader*)memory;
        if (got != (nint)size || plan->Magic != PlanFormat.Magic || plan->Version != PlanFormat.Version || plan->Size != size
            || !Relocate(memory, plan))
        {
            NativeMemory.AlignedFree(memory);
            errno = Errno.EINVAL;
            return null;
        }

        return plan;
    }

    internal static void Free(PlanHeader* plan) => NativeMemory.AlignedFree(plan);

    private static bool Relocate(byte* memory, PlanHeader* plan)
    {
        ulong size = plan->Size;
        ulong tableEnd = plan->RelocationOffset + ((ulong)plan->RelocationCount * sizeof(uint));
        if (tableEnd > size)
        {
            return false;
        }

        uint* table = (uint*)(memory + plan->RelocationOffset);
        for (uint i = 0; i < plan->RelocationCount; i++)
        {
            uint place = table[i];
            if ((ulong)place + sizeof(ulong) > size)
            {
                return false;
            }

            ulong* pointer = (ulong*)(memory + place);
            if (*pointer >= size)
            {
                return false;
            }

            *pointer += (ulong)memory;
        }

        return true;
    }
}
