/* SPDX-License-Identifier: Apache-2.0
 *
 * What the plain C interface of Open MPI gives: the other half of CollectiveBenchmark, with the same calls, sizes and
 * rounds. The few declarations are written out, so that Debian's openmpi-bin is enough and no header is needed:
 *
 *   gcc -O2 -o collectives collectives.c -l:libmpi.so.40
 *   mpirun -n 2 ./collectives
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern char ompi_mpi_comm_world, ompi_mpi_float, ompi_mpi_op_sum;
int MPI_Init_thread(int *, char ***, int, int *);
int MPI_Finalize(void);
int MPI_Comm_rank(void *, int *);
int MPI_Comm_size(void *, int *);
int MPI_Barrier(void *);
int MPI_Bcast(void *, int, void *, int, void *);
int MPI_Allreduce(const void *, void *, int, void *, void *, void *);
int MPI_Reduce_scatter_block(const void *, void *, int, void *, void *, void *);
int MPI_Allgather(const void *, int, void *, void *, int, void *, void *);

#define WORLD ((void *) &ompi_mpi_comm_world)
#define FLOAT ((void *) &ompi_mpi_float)
#define SUM ((void *) &ompi_mpi_op_sum)
#define IN_PLACE ((void *) 1)
enum { ALL_REDUCE, REDUCE_SCATTER, ALL_GATHER, BROADCAST, KINDS };
static const char *NAMES[] = {"all-reduce", "reduce-scatter", "all-gather", "broadcast"};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void run(int kind, float *data, int count, int rank, int size) {
  int part = count / size;
  switch (kind) {
    case ALL_REDUCE:
      MPI_Allreduce(IN_PLACE, data, count, FLOAT, SUM, WORLD);
      break;
    case REDUCE_SCATTER:
      MPI_Reduce_scatter_block(IN_PLACE, data, part, FLOAT, SUM, WORLD);
      if (rank > 0) {
        memcpy(data + (size_t) part * rank, data, (size_t) part * sizeof(float));
      }
      break;
    case ALL_GATHER:
      MPI_Allgather(IN_PLACE, 0, FLOAT, data, part, FLOAT, WORLD);
      break;
    default:
      MPI_Bcast(data, count, FLOAT, 0, WORLD);
  }
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int provided, rank, size, rounds = argc > 1 ? atoi(argv[1]) : 30;
  MPI_Init_thread(&argc, &argv, 3, &provided);
  MPI_Comm_rank(WORLD, &rank);
  MPI_Comm_size(WORLD, &size);
  double *seconds = malloc(rounds * sizeof(double));
  for (int megabytes = 25; megabytes <= 100; megabytes += 75) {
    int count = megabytes * 1000000 / 4 / size * size;
    float *data = calloc(count, sizeof(float));
    for (int kind = 0; kind < KINDS; kind++) {
      for (int i = -5; i < rounds; i++) {
        MPI_Barrier(WORLD);
        double start = now();
        run(kind, data, count, rank, size);
        MPI_Barrier(WORLD);
        if (i >= 0) {
          seconds[i] = now() - start;
        }
      }
      qsort(seconds, rounds, sizeof(double), ascending);
      if (rank == 0) {
        printf("c %s %d MB median %.2f best %.2f GB/s\n", NAMES[kind], megabytes,
            count * 4e-9 / seconds[rounds / 2], count * 4e-9 / seconds[0]);
      }
    }
    free(data);
  }
  free(seconds);
  MPI_Finalize();
  return 0;
}
